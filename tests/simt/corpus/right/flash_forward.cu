// FlashAttention forward, scalar: a block owns BR queries of one head and walks over tiles of BC
// keys with a running maximum and sum. Launch: grid (ceil(T / BR), heads), BR threads.
template <int D, int BR, int BC>
__global__ void __launch_bounds__(BR)
    flash_forward(const float* __restrict__ Q,  // (heads, T, D)
                  const float* __restrict__ K, const float* __restrict__ V, float* __restrict__ O,
                  float* __restrict__ L,  // (heads, T) log-sum-exp
                  int T, float scale, bool causal) {
  __shared__ __align__(16) float k_tile[BC][D];
  __shared__ __align__(16) float v_tile[BC][D];
  const size_t head = (size_t)blockIdx.y * T * D;
  const int t = blockIdx.x * BR + threadIdx.x;

  float q[D], acc[D];
  for (int d = 0; d < D; ++d) {
    q[d] = t < T ? Q[head + t * D + d] * scale : 0.f;
    acc[d] = 0.f;
  }
  float m = -1e30f, l = 0.f;
  const int last = causal ? min(T, (int)(blockIdx.x + 1) * BR) : T;
  for (int start = 0; start < last; start += BC) {
    for (int i = threadIdx.x; i < BC * D / 4; i += BR) {
      const int row = i / (D / 4), col = i % (D / 4) * 4;
      float4 kk = make_float4(0.f, 0.f, 0.f, 0.f), vv = kk;
      if (start + row < T) {
        kk = *reinterpret_cast<const float4*>(&K[head + (start + row) * D + col]);
        vv = *reinterpret_cast<const float4*>(&V[head + (start + row) * D + col]);
      }
      *reinterpret_cast<float4*>(&k_tile[row][col]) = kk;
      *reinterpret_cast<float4*>(&v_tile[row][col]) = vv;
    }
    __syncthreads();

    float s[BC], m_new = m;
#pragma unroll
    for (int j = 0; j < BC; ++j) {
      float dot = 0.f;
#pragma unroll
      for (int d = 0; d < D; ++d) dot += q[d] * k_tile[j][d];
      const bool visible = start + j < T && (!causal || start + j <= t);
      s[j] = visible ? dot : -1e30f;
      m_new = fmaxf(m_new, s[j]);
    }
    const float correction = __expf(m - m_new);
    l *= correction;
#pragma unroll
    for (int d = 0; d < D; ++d) acc[d] *= correction;
#pragma unroll
    for (int j = 0; j < BC; ++j) {
      const float p = s[j] > -1e30f ? __expf(s[j] - m_new) : 0.f;
      l += p;
#pragma unroll
      for (int d = 0; d < D; ++d) acc[d] += p * v_tile[j][d];
    }
    m = m_new;
    __syncthreads();
  }
  if (t >= T) return;
  const float inverse = 1.f / l;
  for (int d = 0; d < D; ++d) O[head + t * D + d] = acc[d] * inverse;
  L[(size_t)blockIdx.y * T + t] = m + logf(l);
}
