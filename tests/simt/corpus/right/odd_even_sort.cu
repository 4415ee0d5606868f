// Odd-even transposition sort by one block, until a barrier that or-combines says nothing moved.
// Launch: one block, n * 4 bytes of dynamic shared memory.
extern "C" __global__ void odd_even_sort(float* data, int n) {
  extern __shared__ float s[];
  for (int i = threadIdx.x; i < n; i += blockDim.x) s[i] = data[i];
  __syncthreads();
  int swapped;
  do {
    swapped = 0;
    for (int phase = 0; phase < 2; phase++) {
      for (int i = 2 * threadIdx.x + phase; i + 1 < n; i += 2 * blockDim.x) {
        if (s[i] > s[i + 1]) {
          float t = s[i];
          s[i] = s[i + 1];
          s[i + 1] = t;
          swapped = 1;
        }
      }
      __syncthreads();
    }
  } while (__syncthreads_or(swapped));
  for (int i = threadIdx.x; i < n; i += blockDim.x) data[i] = s[i];
}
