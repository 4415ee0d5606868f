// Histogram of numbers from 0 to 1; the greatest one has no bin.
extern "C" __global__ void fill_bins(const float* x, int* bins, int count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(&bins[(int)(x[i] * count)], 1);  // bug
}
