// 03_saxpy_grid_stride.cu: the same sum from a grid of any size, each thread taking many elements.
//
// New against 02: a thread that has finished an element goes on with the one a whole grid further.
// The grid can then fit the card instead of the data: fewer threads to start, index arithmetic paid
// once. Expect no change where memory is the limit, a little less time where starting blocks is.
// Launch: any 1-D block, any 1-D grid; no shared memory.
// A block owns every gridDim.x-th stretch of blockDim.x elements. Sizes: 1 <= n <= 2^31 - 1.

extern "C" __global__ void saxpy_grid_stride(float a,
                                             const float* __restrict__ x,  // (n,)
                                             float* __restrict__ y,        // (n,) in place
                                             int n) {
  // 64 bits: i + stride may pass 2^31 before the comparison ends the loop.
  const long long first = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  const long long stride = (long long)gridDim.x * blockDim.x;
  for (long long i = first; i < n; i += stride) {
    y[i] = a * x[i] + y[i];
  }
}
