// Each thread computes TM x TN results from registers, any M, N and K.
// Launch: grid (ceil(N / BN), ceil(M / BM)), (BM / TM) * (BN / TN) threads.
template <typename T, int BM, int BN, int BK, int TM, int TN>
__global__ void __launch_bounds__((BM / TM) * (BN / TN))
    matmul_2d(const T* __restrict__ A, const T* __restrict__ B, T* __restrict__ C, int M, int N,
              int K) {
  constexpr int THREADS = (BM / TM) * (BN / TN);
  __shared__ T As[BK][BM + 1];  // transposed, padded
  __shared__ T Bs[BK][BN];
  const int tid = threadIdx.x;
  const int row0 = blockIdx.y * BM, col0 = blockIdx.x * BN;
  const int tr = tid / (BN / TN) * TM, tc = tid % (BN / TN) * TN;

  T acc[TM][TN] = {};
  T a[TM], b[TN];
  for (int k0 = 0; k0 < K; k0 += BK) {
    for (int i = tid; i < BM * BK; i += THREADS) {
      const int r = i / BK, k = i % BK;
      As[k][r] = row0 + r < M && k0 + k < K ? A[(row0 + r) * K + k0 + k] : T(0);
    }
    for (int i = tid; i < BK * BN; i += THREADS) {
      const int k = i / BN, c = i % BN;
      Bs[k][c] = k0 + k < K && col0 + c < N ? B[(k0 + k) * N + col0 + c] : T(0);
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < BK; ++k) {
#pragma unroll
      for (int i = 0; i < TM; ++i) a[i] = As[k][tr + i];
#pragma unroll
      for (int j = 0; j < TN; ++j) b[j] = Bs[k][tc + j];
#pragma unroll
      for (int i = 0; i < TM; ++i)
#pragma unroll
        for (int j = 0; j < TN; ++j) acc[i][j] += a[i] * b[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < TM; ++i)
    for (int j = 0; j < TN; ++j)
      if (row0 + tr + i < M && col0 + tc + j < N)
        C[(row0 + tr + i) * N + col0 + tc + j] = acc[i][j];
}
