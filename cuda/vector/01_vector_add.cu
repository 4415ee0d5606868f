// 01_vector_add.cu: one thread per element, the smallest useful kernel.
//
// Launch: 1-D blocks of any size, at least ceil(n / blockDim.x) of them; no shared memory.
// A block owns the blockDim.x elements that begin at blockIdx.x * blockDim.x.
// Sizes: 1 <= n <= 2^31 - 1024, so that the last block's indices still fit in an int.
// Moves 12 bytes per element (two loads, one store) for one addition.

extern "C" __global__ void vector_add(const float* __restrict__ x,  // (n,)
                                      const float* __restrict__ y,  // (n,)
                                      float* __restrict__ out,      // (n,) x + y
                                      int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {  // the last block may reach past the end
    out[i] = x[i] + y[i];
  }
}
