// Split-K: blocks along z each take a stretch of K and add to C with atomics; for tall, thin work.
// Launch: grid (ceil(N / 32), ceil(M / 8), splits), block (32, 8); C zeroed before.
extern "C" __global__ void matmul_split_k(const float* A, const float* B, float* C, int M, int N,
                                          int K) {
  const int col = blockIdx.x * 32 + threadIdx.x;
  const int row = blockIdx.y * 8 + threadIdx.y;
  const int chunk = (K + gridDim.z - 1) / gridDim.z;
  const int begin = blockIdx.z * chunk, end = min(begin + chunk, K);
  if (row >= M || col >= N) return;
  float sum = 0;
  for (int k = begin; k < end; k++) sum += A[row * K + k] * B[k * N + col];
  if (begin < end) atomicAdd(C + row * N + col, sum);
}
