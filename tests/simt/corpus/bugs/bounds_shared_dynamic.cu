// Differences of neighbors through dynamic shared memory. Launch: blockDim.x floats of it; that is
// one too few.
extern "C" __global__ void difference(const float* x, float* out, int n) {
  extern __shared__ float buffer[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) buffer[threadIdx.x] = x[i];
  if (threadIdx.x == blockDim.x - 1 && i + 1 < n) buffer[threadIdx.x + 1] = x[i + 1];  // bug
  __syncthreads();
  if (i + 1 < n) out[i] = buffer[threadIdx.x + 1] - buffer[threadIdx.x];
}
