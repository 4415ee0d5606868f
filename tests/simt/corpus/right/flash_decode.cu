// Decoding one token over a long cache: every block attends to a stretch of the keys and leaves its
// output with its maximum and sum; a second kernel combines the stretches.
// Launch: flash_decode_split grid (splits, heads), block D threads (a multiple of 32, at most 128);
// flash_decode_combine grid heads, D threads.
#define NEG_INF __int_as_float(0xff800000)

__inline__ __device__ float block_dot(float v) {
  __shared__ float part[4];
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffff, v, o);
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
  __syncthreads();
  float sum = 0;
  for (int w = 0; w < blockDim.x / 32; ++w) sum += part[w];
  __syncthreads();
  return sum;
}

extern "C" __global__ void flash_decode_split(const float* q,  // (H, D)
                                              const float* k,  // (S, H, D)
                                              const float* v,
                                              float* partial,  // (H, splits, D)
                                              float2* stats,   // (H, splits) maximum and sum
                                              int S) {
  const int h = blockIdx.y, H = gridDim.y, d = threadIdx.x, D = blockDim.x;
  const int chunk = (S + gridDim.x - 1) / gridDim.x;
  const int begin = blockIdx.x * chunk, end = min(begin + chunk, S);
  const float qd = q[h * D + d] * rsqrtf((float)D);
  float m = NEG_INF, l = 0, acc = 0;
  for (int s = begin; s < end; ++s) {
    const float score = block_dot(qd * k[(s * H + h) * D + d]);
    const float m_new = fmaxf(m, score);
    const float rescale = expf(m - m_new), p = expf(score - m_new);
    l = l * rescale + p;
    acc = acc * rescale + p * v[(s * H + h) * D + d];
    m = m_new;
  }
  const int slot = h * gridDim.x + blockIdx.x;
  partial[slot * D + d] = acc;
  if (d == 0) stats[slot] = make_float2(m, l);
}

extern "C" __global__ void flash_decode_combine(const float* partial, const float2* stats,
                                                float* out, int splits) {
  const int h = blockIdx.x, d = threadIdx.x, D = blockDim.x;
  float m = NEG_INF;
  for (int s = 0; s < splits; ++s) m = fmaxf(m, stats[h * splits + s].x);
  float l = 0, acc = 0;
  for (int s = 0; s < splits; ++s) {
    const float2 st = stats[h * splits + s];
    const float w = expf(st.x - m);  // 0 for a stretch without keys
    l += st.y * w;
    acc += partial[(h * splits + s) * D + d] * w;
  }
  out[h * D + d] = acc / l;
}
