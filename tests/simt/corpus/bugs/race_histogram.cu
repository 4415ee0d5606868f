// Histogram of bytes in global memory.
extern "C" __global__ void histogram(const unsigned char* x, int* bins, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) bins[x[i]]++;  // bug
}
