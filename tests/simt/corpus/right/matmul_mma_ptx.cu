// Tensor cores from inline PTX: tiles by cp.async into two buffers, fragments by ldmatrix, products
// by mma.sync m16n8k16; bf16 inputs, float out. Needs sm_80.
// Launch: grid (N / 32, M / 32), 64 threads; M, N and K multiples of 32.
#include <cuda_bf16.h>

using bf16 = __nv_bfloat16;
constexpr int TILE_M = 32, TILE_N = 32, TILE_K = 32, PITCH = TILE_K + 8, THREADS = 64;

__device__ __forceinline__ unsigned smem_u32(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
__device__ __forceinline__ void cp_async_16(void* dst, const void* src) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(smem_u32(dst)), "l"(src));
}
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;\n"); }
template <int N>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(N));
}
__device__ __forceinline__ void ldmatrix_x4(unsigned (&r)[4], const void* p) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(smem_u32(p)));
}
__device__ __forceinline__ void mma_m16n8k16(float (&d)[4], const unsigned (&a)[4], unsigned b0,
                                             unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ void load_tile(bf16 (*tile)[PITCH], const bf16* src, int ld) {
  for (int i = threadIdx.x; i < TILE_M * TILE_K / 8; i += THREADS) {
    const int row = i / (TILE_K / 8), col = i % (TILE_K / 8) * 8;
    cp_async_16(&tile[row][col], src + row * ld + col);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_mma(const bf16* __restrict__ A,   // (M, K)
               const bf16* __restrict__ Bt,  // (N, K)
               float* __restrict__ C,        // (M, N)
               int M, int N, int K) {
  __shared__ __align__(16) bf16 As[2][TILE_M][PITCH];
  __shared__ __align__(16) bf16 Bs[2][TILE_N][PITCH];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const bf16* a_block = A + blockIdx.y * TILE_M * K;
  const bf16* b_block = Bt + blockIdx.x * TILE_N * K;

  float acc[4][4] = {};
  load_tile(As[0], a_block, K);
  load_tile(Bs[0], b_block, K);
  cp_async_commit();
  const int tiles = K / TILE_K;
  for (int t = 0; t < tiles; ++t) {
    if (t + 1 < tiles) {
      load_tile(As[(t + 1) & 1], a_block + (t + 1) * TILE_K, K);
      load_tile(Bs[(t + 1) & 1], b_block + (t + 1) * TILE_K, K);
    }
    cp_async_commit();  // an empty group at the end keeps the count
    cp_async_wait<1>();
    __syncthreads();
#pragma unroll
    for (int k = 0; k < TILE_K; k += 16) {
      unsigned a[4], b[4];
      ldmatrix_x4(a, &As[t & 1][warp * 16 + lane % 16][k + lane / 16 * 8]);
#pragma unroll
      for (int pair = 0; pair < 2; ++pair) {
        // four 8 x 8 matrices: columns 0-7 and 8-15 of this pair, each for k and k + 8
        const int row = pair * 16 + (lane / 16) * 8 + lane % 8, col = k + (lane / 8) % 2 * 8;
        ldmatrix_x4(b, &Bs[t & 1][row][col]);
        mma_m16n8k16(acc[2 * pair], a, b[0], b[1]);
        mma_m16n8k16(acc[2 * pair + 1], a, b[2], b[3]);
      }
    }
    __syncthreads();  // the buffer is about to be refilled
  }
  const int row = blockIdx.y * TILE_M + warp * 16 + lane / 4;
  for (int j = 0; j < 4; ++j) {
    const int col = blockIdx.x * TILE_N + j * 8 + lane % 4 * 2;
    *reinterpret_cast<float2*>(&C[row * N + col]) = make_float2(acc[j][0], acc[j][1]);
    *reinterpret_cast<float2*>(&C[(row + 8) * N + col]) = make_float2(acc[j][2], acc[j][3]);
  }
}
