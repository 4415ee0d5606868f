// The second block waits for a flag that the first one sets only if its sum is positive.
extern "C" __global__ void hand_over(const int* x, volatile int* flag, int* out) {
  if (blockIdx.x == 0) {
    int sum = 0;
    for (int i = 0; i < 32; i++) sum += x[i];
    if (sum > 0) *flag = 1;
  } else {
    while (*flag == 0) {  // bug
    }
    out[0] = 1;
  }
}
