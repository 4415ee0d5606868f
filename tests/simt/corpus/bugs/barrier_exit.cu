// Reverses each block's stretch; threads past the end leave before the barrier.
extern "C" __global__ void reverse(const int* x, int* out, int n) {
  __shared__ int s[128];
  int i = blockIdx.x * 128 + threadIdx.x;
  if (i >= n) return;
  s[threadIdx.x] = x[i];
  __syncthreads();  // bug
  int count = min(128, n - (int)blockIdx.x * 128);
  out[blockIdx.x * 128 + threadIdx.x] = s[count - 1 - threadIdx.x];
}
