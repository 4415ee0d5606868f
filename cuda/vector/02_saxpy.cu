// 02_saxpy.cu: y <- a * x + y in single precision, the "saxpy" of the BLAS library.
//
// New against 01: a value parameter, and an array that is read and written in place.
// It is no faster per byte: still 12 bytes per element, now for two floating-point operations.
// Launch: 1-D blocks of any size, at least ceil(n / blockDim.x) of them; no shared memory.
// A block owns the blockDim.x elements that begin at blockIdx.x * blockDim.x.
// Sizes: 1 <= n <= 2^31 - 1024, so that the last block's indices still fit in an int.

extern "C" __global__ void saxpy(float a,
                                 const float* __restrict__ x,  // (n,)
                                 float* __restrict__ y,        // (n,) read, then overwritten
                                 int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = a * x[i] + y[i];  // one fused multiply-add: a single rounding
  }
}
