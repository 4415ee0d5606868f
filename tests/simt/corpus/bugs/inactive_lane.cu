// Sum of a ragged stretch: the mask is right, but lanes of it read lanes outside.
extern "C" __global__ void ragged_sum(const float* x, float* out, int n) {
  unsigned mask = __ballot_sync(0xffffffff, threadIdx.x < n);
  if (threadIdx.x < n) {
    float v = x[threadIdx.x];
    for (int d = 16; d > 0; d /= 2) v += __shfl_down_sync(mask, v, d);  // bug
    if (threadIdx.x == 0) out[0] = v;
  }
}
