// Inclusive scan of a block after Hillis and Steele, but with one buffer instead of two.
extern "C" __global__ void scan(const int* x, int* out) {
  __shared__ int s[256];
  int tid = threadIdx.x;
  s[tid] = x[tid];
  __syncthreads();
  for (int d = 1; d < 256; d *= 2) {
    if (tid >= d) s[tid] += s[tid - d];  // bug
    __syncthreads();
  }
  out[tid] = s[tid];
}
