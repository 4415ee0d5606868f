// Positive numbers of each block, counted in shared memory; the count leaves before all have
// counted.
extern "C" __global__ void early_count(const float* x, int* out, int n) {
  __shared__ int count;
  if (threadIdx.x == 0) count = 0;
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && x[i] > 0.0f) atomicAdd(&count, 1);  // other
  if (threadIdx.x == 0) out[blockIdx.x] = count;   // bug
}
