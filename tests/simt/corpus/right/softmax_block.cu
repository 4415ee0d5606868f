// Row softmax, a block a row: maximum, sum, division; the row is kept in dynamic shared memory.
// Launch: grid rows, 1-D block of a multiple of 32, (columns + 33) * 4 bytes dynamic.
#include <math_constants.h>

__device__ float block_reduce(float v, float* scratch, bool maximum) {
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int o = 16; o > 0; o >>= 1) {
    float other = __shfl_xor_sync(0xffffffffu, v, o);
    v = maximum ? fmaxf(v, other) : v + other;
  }
  __syncthreads();  // scratch may still be read from the call before
  if (lane == 0) scratch[warp] = v;
  __syncthreads();
  v = scratch[0];
  for (int w = 1; w < blockDim.x / 32; w++) v = maximum ? fmaxf(v, scratch[w]) : v + scratch[w];
  return v;
}

extern "C" __global__ void softmax_block(const float* __restrict__ in, float* __restrict__ out,
                                         int columns) {
  extern __shared__ float row[];
  float* scratch = row + columns;
  const float* x = in + (size_t)blockIdx.x * columns;
  float m = -CUDART_INF_F;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    row[c] = x[c];
    m = fmaxf(m, row[c]);
  }
  m = block_reduce(m, scratch, true);
  float sum = 0.f;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    row[c] = __expf(row[c] - m);
    sum += row[c];
  }
  sum = block_reduce(sum, scratch, false);
  for (int c = threadIdx.x; c < columns; c += blockDim.x)
    out[(size_t)blockIdx.x * columns + c] = __fdividef(row[c], sum);
}
