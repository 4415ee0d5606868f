// A histogram a block in shared memory, added to the global one at the end.
extern "C" __global__ void private_histogram(const unsigned char* x, int* bins, int n) {
  __shared__ int counts[64];
  if (threadIdx.x < 64) counts[threadIdx.x] = 0;  // other
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    atomicAdd(&counts[x[i] % 64], 1);  // bug
  __syncthreads();
  if (threadIdx.x < 64) atomicAdd(&bins[threadIdx.x], counts[threadIdx.x]);
}
