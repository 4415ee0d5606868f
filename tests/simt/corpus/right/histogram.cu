// 256 bins: global atomics, and copies in shared memory that are added up at the end.
// Launch: any 1-D; bins zeroed before.
#define NUM_BINS 256

extern "C" __global__ void histogram_global(const unsigned char* data, unsigned int* bins, int n) {
  int stride = blockDim.x * gridDim.x;
  for (int i = threadIdx.x + blockIdx.x * blockDim.x; i < n; i += stride)
    atomicAdd(&bins[data[i]], 1);
}

extern "C" __global__ void histogram_privatized(const unsigned char* __restrict__ data,
                                                unsigned int* bins, int n) {
  __shared__ unsigned int local[NUM_BINS];
  for (int b = threadIdx.x; b < NUM_BINS; b += blockDim.x) local[b] = 0;
  __syncthreads();

  // four bytes a load where they are aligned
  const uchar4* words = reinterpret_cast<const uchar4*>(data);
  const int first = threadIdx.x + blockIdx.x * blockDim.x, stride = blockDim.x * gridDim.x;
  for (int i = first; i < n / 4; i += stride) {
    uchar4 w = words[i];
    atomicAdd(&local[w.x], 1u);
    atomicAdd(&local[w.y], 1u);
    atomicAdd(&local[w.z], 1u);
    atomicAdd(&local[w.w], 1u);
  }
  for (int i = n / 4 * 4 + first; i < n; i += stride) atomicAdd_block(&local[data[i]], 1u);
  __syncthreads();
  for (int b = threadIdx.x; b < NUM_BINS; b += blockDim.x)
    if (local[b] > 0) atomicAdd(&bins[b], local[b]);
}
