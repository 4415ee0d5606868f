// Greatest of a ragged stretch; the mask of those with an element is used by those without too.
extern "C" __global__ void warp_max(const int* x, int* out, int n) {
  int i = blockIdx.x * 32 + threadIdx.x;
  unsigned mask = __ballot_sync(0xffffffff, i < n);
  int v = i < n ? x[i] : -2147483647 - 1;
  v = __reduce_max_sync(mask, v);  // bug
  if (threadIdx.x == 0) out[blockIdx.x] = v;
}
