// FlashAttention forward on tensor cores: 16 queries a warp, scores and values by wmma, softmax on
// a tile of scores in shared memory. Launch: grid (ceil(T / 16), heads), 32 threads; head width 32.
#include <cuda_fp16.h>
#include <mma.h>
using namespace nvcuda::wmma;

constexpr int D = 32, BR = 16, BC = 16;

extern "C" __global__ void flash_wmma(const half* __restrict__ Q,  // (heads, T, D)
                                      const half* __restrict__ K, const half* __restrict__ V,
                                      float* __restrict__ O, int T, float scale) {
  __shared__ __align__(32) half q[BR][D], kv[BC][D], p[BR][BC];
  __shared__ __align__(32) float s[BR][BC], o[BR][D];
  __shared__ float row_max[BR], row_sum[BR], row_scale[BR];
  const int lane = threadIdx.x, t0 = blockIdx.x * BR;
  const size_t head = (size_t)blockIdx.y * T * D;
  const half zero = __float2half(0.0f);

  for (int i = lane; i < BR * D; i += 32) {
    q[i / D][i % D] = t0 + i / D < T ? Q[head + t0 * D + i] : zero;
    o[i / D][i % D] = 0.0f;
  }
  if (lane < BR) {
    row_max[lane] = -1e30f;
    row_sum[lane] = 0.0f;
  }
  __syncwarp();
  fragment<matrix_a, 16, 16, 16, half, row_major> a;
  fragment<accumulator, 16, 16, 16, float> acc;
  for (int s0 = 0; s0 < min(T, t0 + BR); s0 += BC) {
    for (int i = lane; i < BC * D; i += 32)
      kv[i / D][i % D] = s0 + i / D < T ? K[head + s0 * D + i] : zero;
    __syncwarp();
    fill_fragment(acc, 0.0f);
    for (int d = 0; d < D; d += 16) {
      fragment<matrix_b, 16, 16, 16, half, col_major> b;  // the keys, turned
      load_matrix_sync(a, &q[0][d], D);
      load_matrix_sync(b, &kv[0][d], D);
      mma_sync(acc, a, b, acc);
    }
    store_matrix_sync(&s[0][0], acc, BC, mem_row_major);
    __syncwarp();

    if (lane < BR) {
      float m = row_max[lane];
      for (int j = 0; j < BC; ++j) {
        const bool visible = s0 + j <= t0 + lane && s0 + j < T;
        s[lane][j] = visible ? s[lane][j] * scale : -1e30f;
        m = fmaxf(m, s[lane][j]);
      }
      const float rescale = expf(row_max[lane] - m);
      float sum = row_sum[lane] * rescale;
      for (int j = 0; j < BC; ++j) {
        const float e = s[lane][j] > -1e30f ? expf(s[lane][j] - m) : 0.0f;
        p[lane][j] = __float2half(e);
        sum += e;
      }
      row_max[lane] = m;
      row_sum[lane] = sum;
      row_scale[lane] = rescale;
    }
    __syncwarp();
    for (int i = lane; i < BR * D; i += 32) o[i / D][i % D] *= row_scale[i / D];
    for (int i = lane; i < BC * D; i += 32)
      kv[i / D][i % D] = s0 + i / D < T ? V[head + s0 * D + i] : zero;
    __syncwarp();
    load_matrix_sync(a, &p[0][0], BC);
    for (int d = 0; d < D; d += 16) {
      fragment<matrix_b, 16, 16, 16, half, row_major> b;
      load_matrix_sync(b, &kv[0][d], D);
      load_matrix_sync(acc, &o[0][d], D, mem_row_major);
      mma_sync(acc, a, b, acc);
      store_matrix_sync(&o[0][d], acc, D, mem_row_major);
    }
    __syncwarp();
  }
  for (int i = lane; i < BR * D; i += 32)
    if (t0 + i / D < T) O[head + t0 * D + i] = o[i / D][i % D] / row_sum[i / D];
}
