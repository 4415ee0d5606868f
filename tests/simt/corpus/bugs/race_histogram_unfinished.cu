// A histogram a block in shared memory, whose counts are passed on before all have been counted.
extern "C" __global__ void early_histogram(const unsigned char* x, int* bins, int n) {
  __shared__ int counts[64];
  if (threadIdx.x < 64) counts[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    atomicAdd(&counts[x[i] % 64], 1);                                        // other
  if (threadIdx.x < 64) atomicAdd(&bins[threadIdx.x], counts[threadIdx.x]);  // bug
}
