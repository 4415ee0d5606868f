// Positive numbers of each block, counted in a shared counter that nobody sets to zero.
extern "C" __global__ void count_positive(const float* x, int* out, int n) {
  __shared__ int count;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && x[i] > 0.0f) atomicAdd(&count, 1);  // bug
  __syncthreads();
  if (threadIdx.x == 0) out[blockIdx.x] = count;
}
