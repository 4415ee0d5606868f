// Two tiles in turn: while one is multiplied the next is on its way through registers, with one
// barrier an iteration. Launch: 16 x 16 threads over C.
#define TILE 16

extern "C" __global__ void matmul_double_buffer(const float* __restrict__ A,  // (M, K)
                                                const float* __restrict__ B,  // (K, N)
                                                float* __restrict__ C,        // (M, N)
                                                int M, int N, int K) {
  __shared__ float As[2][TILE][TILE + 1], Bs[2][TILE][TILE + 1];
  const int tx = threadIdx.x, ty = threadIdx.y;
  const int row = blockIdx.y * TILE + ty, col = blockIdx.x * TILE + tx;
  const int tiles = (K + TILE - 1) / TILE;

  auto load_a = [&](int t) {
    const int k = t * TILE + tx;
    return row < M && k < K ? A[row * K + k] : 0.0f;
  };
  auto load_b = [&](int t) {
    const int k = t * TILE + ty;
    return k < K && col < N ? B[k * N + col] : 0.0f;
  };

  As[0][ty][tx] = load_a(0);
  Bs[0][ty][tx] = load_b(0);
  __syncthreads();
  float sum = 0.0f;
  for (int t = 0; t < tiles; ++t) {
    const int now = t & 1;
    float next_a = 0.0f, next_b = 0.0f;
    if (t + 1 < tiles) {
      next_a = load_a(t + 1);
      next_b = load_b(t + 1);
    }
#pragma unroll
    for (int k = 0; k < TILE; ++k) sum += As[now][ty][k] * Bs[now][k][tx];
    if (t + 1 < tiles) {
      As[now ^ 1][ty][tx] = next_a;
      Bs[now ^ 1][ty][tx] = next_b;
    }
    __syncthreads();
  }
  if (row < M && col < N) C[row * N + col] = sum;
}
