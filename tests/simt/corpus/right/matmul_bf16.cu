// bfloat16 inputs from a shared tile, sums in float, the result in bfloat16, for Y = X * W^T +
// bias. Launch: 16 x 16 threads over (T, N).
#include <cuda_bf16.h>

typedef __nv_bfloat16 bf16;

extern "C" __global__ void linear_bf16(const bf16* __restrict__ X,     // (T, K)
                                       const bf16* __restrict__ W,     // (N, K)
                                       const bf16* __restrict__ bias,  // (N,) or null
                                       bf16* __restrict__ Y,           // (T, N)
                                       int T, int N, int K) {
  __shared__ bf16 xs[16][16 + 2], ws[16][16 + 2];
  const int t = blockIdx.y * 16 + threadIdx.y, n = blockIdx.x * 16 + threadIdx.x;
  const int n_load = blockIdx.x * 16 + threadIdx.y;
  float acc = bias != nullptr && n < N ? __bfloat162float(bias[n]) : 0.0f;
  for (int k0 = 0; k0 < K; k0 += 16) {
    const int k = k0 + threadIdx.x;
    xs[threadIdx.y][threadIdx.x] = t < T && k < K ? X[t * K + k] : __float2bfloat16(0.0f);
    ws[threadIdx.y][threadIdx.x] = n_load < N && k < K ? W[n_load * K + k] : bf16(0.0f);
    __syncthreads();
    for (int i = 0; i < 16; i++) acc += (float)xs[threadIdx.y][i] * (float)ws[threadIdx.x][i];
    __syncthreads();
  }
  if (t < T && n < N) Y[t * N + n] = __float2bfloat16_rn(acc);
}
