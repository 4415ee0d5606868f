// Tensor cores through nvcuda::wmma: a warp a 16 x 16 tile of D = alpha * A * B + beta * C.
// Launch: 128 threads, four tiles of a row of tiles a block; M, N, K multiples of 16.
#include <cuda_fp16.h>
#include <mma.h>
using namespace nvcuda;

constexpr int WMMA_M = 16, WMMA_N = 16, WMMA_K = 16;

extern "C" __global__ void matmul_wmma(const half* a, const half* b, const float* c, float* d,
                                       int m_ld, int n_ld, int k_ld, float alpha, float beta) {
  int warpN = (blockIdx.x * blockDim.x + threadIdx.x) / warpSize;
  int warpM = blockIdx.y;
  if (warpN * WMMA_N >= n_ld || warpM * WMMA_M >= m_ld) return;

  wmma::fragment<wmma::matrix_a, WMMA_M, WMMA_N, WMMA_K, half, wmma::row_major> a_frag;
  wmma::fragment<wmma::matrix_b, WMMA_M, WMMA_N, WMMA_K, half, wmma::col_major> b_frag;
  wmma::fragment<wmma::accumulator, WMMA_M, WMMA_N, WMMA_K, float> acc_frag;
  wmma::fragment<wmma::accumulator, WMMA_M, WMMA_N, WMMA_K, float> c_frag;
  wmma::fill_fragment(acc_frag, 0.0f);

  for (int k = 0; k < k_ld; k += WMMA_K) {
    wmma::load_matrix_sync(a_frag, a + warpM * WMMA_M * k_ld + k, k_ld);
    wmma::load_matrix_sync(b_frag, b + warpN * WMMA_N * k_ld + k, k_ld);
    wmma::mma_sync(acc_frag, a_frag, b_frag, acc_frag);
  }
  const float* tile = c + warpM * WMMA_M * n_ld + warpN * WMMA_N;
  wmma::load_matrix_sync(c_frag, tile, n_ld, wmma::mem_row_major);
  for (int i = 0; i < c_frag.num_elements; i++)
    c_frag.x[i] = alpha * acc_frag.x[i] + beta * c_frag.x[i];
  wmma::store_matrix_sync(d + warpM * WMMA_M * n_ld + warpN * WMMA_N, c_frag, n_ld,
                          wmma::mem_row_major);
}
