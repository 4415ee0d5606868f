// Bitonic sort of key-value pairs in shared memory, after the CUDA samples.
// Launch: one block of half as many threads as `size`, a power of two; 8 * size bytes dynamic.
typedef unsigned int uint;

__device__ inline void Comparator(uint& keyA, uint& valA, uint& keyB, uint& valB, uint dir) {
  if ((keyA > keyB) == dir) {
    uint t = keyA;
    keyA = keyB;
    keyB = t;
    t = valA;
    valA = valB;
    valB = t;
  }
}

extern "C" __global__ void bitonic_sort(uint* keys, uint* values, uint n, uint size) {
  extern __shared__ uint s_key[];
  uint* s_val = s_key + size;
  for (uint i = threadIdx.x; i < size; i += blockDim.x) {
    s_key[i] = i < n ? keys[i] : 0xffffffffu;
    s_val[i] = i < n ? values[i] : 0xffffffffu;
  }
  for (uint width = 2; width < size; width <<= 1) {
    uint ddd = 1 ^ ((threadIdx.x & (width / 2)) != 0);
    for (uint stride = width / 2; stride > 0; stride >>= 1) {
      __syncthreads();
      uint pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
      Comparator(s_key[pos], s_val[pos], s_key[pos + stride], s_val[pos + stride], ddd);
    }
  }
  for (uint stride = size / 2; stride > 0; stride >>= 1) {
    __syncthreads();
    uint pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
    Comparator(s_key[pos], s_val[pos], s_key[pos + stride], s_val[pos + stride], 1);
  }
  __syncthreads();
  for (uint i = threadIdx.x; i < n; i += blockDim.x) {
    keys[i] = s_key[i];
    values[i] = s_val[i];
  }
}
