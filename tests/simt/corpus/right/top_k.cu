// The K greatest of each row in order: every lane keeps a sorted list of its own in registers, then
// the warp takes the best head K times. Launch: one warp a row, blockDim (32, rows a block).
#include <math_constants.h>

template <int K>
__global__ void top_k(const float* __restrict__ x,  // (rows, n)
                      float* __restrict__ values,   // (rows, K)
                      int* __restrict__ indices,    // (rows, K), -1 where n < K
                      int rows, int n) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  float v[K];
  int where[K];
#pragma unroll
  for (int k = 0; k < K; k++) {
    v[k] = -CUDART_INF_F;
    where[k] = -1;
  }
  for (int i = threadIdx.x; i < n; i += 32) {
    float candidate = x[(size_t)row * n + i];
    int index = i;
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (candidate > v[k]) {
        float t = v[k];
        v[k] = candidate;
        candidate = t;
        int u = where[k];
        where[k] = index;
        index = u;
      }
    }
  }
  for (int k = 0; k < K; k++) {
    float best = v[0];
    for (int d = 16; d > 0; d >>= 1) best = fmaxf(best, __shfl_xor_sync(~0u, best, d));
    unsigned owners = __ballot_sync(~0u, v[0] == best && where[0] >= 0);
    int winner = __ffs(owners) - 1;
    int index = winner < 0 ? -1 : __shfl_sync(~0u, where[0], winner);
    if (threadIdx.x == 0) {
      values[row * K + k] = best;
      indices[row * K + k] = index;
    }
    if (threadIdx.x == winner) {
#pragma unroll
      for (int j = 0; j + 1 < K; j++) {
        v[j] = v[j + 1];
        where[j] = where[j + 1];
      }
      v[K - 1] = -CUDART_INF_F;
      where[K - 1] = -1;
    }
  }
}
