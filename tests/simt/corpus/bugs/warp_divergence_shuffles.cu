// A neighbor's value from the left for some lanes, from the right for others: two instructions.
extern "C" __global__ void exchange(const float* x, float* out) {
  int lane = threadIdx.x;
  float v = x[lane];
  if (lane < 16)
    out[lane] = __shfl_down_sync(0xffffffff, v, 1);  // bug
  else
    out[lane] = __shfl_up_sync(0xffffffff, v, 1);  // other
}
