// The two-dimensional block tile with 16-byte loads: A is turned on its way into shared memory so
// that its column, too, is read four at a time. Launch: grid (N / 64, M / 64), 64 threads; M and N
// multiples of 64, K of 8.
#define BM 64
#define BN 64
#define BK 8
#define TM 8
#define TN 8
#define FLOAT4(pointer) (reinterpret_cast<float4*>(&(pointer))[0])
#define CFLOAT4(pointer) (reinterpret_cast<const float4*>(&(pointer))[0])

extern "C" __global__ void sgemm_vectorized(int M, int N, int K, const float* A, const float* B,
                                            float* C) {
  __shared__ float As[BM * BK];
  __shared__ float Bs[BK * BN];
  const int threadCol = threadIdx.x % (BN / TN), threadRow = threadIdx.x / (BN / TN);
  A += blockIdx.y * BM * K;
  B += blockIdx.x * BN;
  C += blockIdx.y * BM * N + blockIdx.x * BN;
  const int innerRowA = threadIdx.x / (BK / 4), innerColA = threadIdx.x % (BK / 4);
  const int innerRowB = threadIdx.x / (BN / 4), innerColB = threadIdx.x % (BN / 4);
  const int strideA = 64 * 4 / BK, strideB = 64 * 4 / BN;

  float results[TM * TN] = {0.0f};
  float regM[TM], regN[TN];
  for (int bk = 0; bk < K; bk += BK) {
    for (int offset = 0; offset < BM; offset += strideA) {
      float4 tmp = CFLOAT4(A[(innerRowA + offset) * K + innerColA * 4]);
      As[(innerColA * 4 + 0) * BM + innerRowA + offset] = tmp.x;
      As[(innerColA * 4 + 1) * BM + innerRowA + offset] = tmp.y;
      As[(innerColA * 4 + 2) * BM + innerRowA + offset] = tmp.z;
      As[(innerColA * 4 + 3) * BM + innerRowA + offset] = tmp.w;
    }
    for (int offset = 0; offset < BK; offset += strideB)
      FLOAT4(Bs[(innerRowB + offset) * BN + innerColB * 4]) =
          CFLOAT4(B[(innerRowB + offset) * N + innerColB * 4]);
    __syncthreads();
    A += BK;
    B += BK * N;
    for (int dot = 0; dot < BK; ++dot) {
      for (int i = 0; i < TM; i += 4) FLOAT4(regM[i]) = FLOAT4(As[dot * BM + threadRow * TM + i]);
      for (int i = 0; i < TN; i += 4) FLOAT4(regN[i]) = FLOAT4(Bs[dot * BN + threadCol * TN + i]);
      for (int i = 0; i < TM; ++i)
        for (int j = 0; j < TN; ++j) results[i * TN + j] += regM[i] * regN[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < TM; ++i)
    for (int j = 0; j < TN; j += 4)
      FLOAT4(C[(threadRow * TM + i) * N + threadCol * TN + j]) = FLOAT4(results[i * TN + j]);
}
