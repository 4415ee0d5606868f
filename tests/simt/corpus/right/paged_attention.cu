// Decoding with a paged cache: keys and values lie in pages of 16 tokens that a block table names;
// query heads share key heads. Scores of the whole sequence are kept in dynamic shared memory.
// Launch: grid (sequences, heads), 64 threads, (D + max_length + 2) * 4 bytes dynamic.
#include <cuda_fp16.h>

#define PAGE 16

extern "C" __global__ void paged_attention(
    const float* __restrict__ q,       // (B, H, D)
    const __half* __restrict__ cache,  // (pages, 2, K, 16, D)
    const int* __restrict__ table,     // (B, max_pages)
    const int* __restrict__ lengths,   // (B,)
    float* __restrict__ out, int K, int D, int max_pages) {
  extern __shared__ float smem[];
  const int b = blockIdx.x, h = blockIdx.y, H = gridDim.y, kv = h / (H / K);
  const int length = lengths[b], lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  float* query = smem;
  float* reduced = query + D;
  float* scores = reduced + 2;

  for (int d = threadIdx.x; d < D; d += blockDim.x)
    query[d] = q[(b * H + h) * D + d] * rsqrtf((float)D);
  __syncthreads();

  float greatest = -1e30f;
  for (int s = threadIdx.x; s < length; s += blockDim.x) {
    const int page = table[b * max_pages + s / PAGE];
    const __half* key = cache + (((size_t)(page * 2 + 0) * K + kv) * PAGE + s % PAGE) * D;
    float dot = 0.f;
    for (int d = 0; d < D; ++d) dot += query[d] * __half2float(key[d]);
    scores[s] = dot;
    greatest = fmaxf(greatest, dot);
  }
  for (int o = 16; o > 0; o >>= 1)
    greatest = fmaxf(greatest, __shfl_xor_sync(0xffffffffu, greatest, o));
  if (lane == 0) reduced[warp] = greatest;
  __syncthreads();
  greatest = fmaxf(reduced[0], reduced[1]);

  for (int s = threadIdx.x; s < length; s += blockDim.x) scores[s] = expf(scores[s] - greatest);
  __syncthreads();

  for (int d = threadIdx.x; d < D; d += blockDim.x) {
    float sum = 0.f, total = 0.f;
    for (int s = 0; s < length; ++s) {
      const int page = table[b * max_pages + s / PAGE];
      const __half* value = cache + (((size_t)(page * 2 + 1) * K + kv) * PAGE + s % PAGE) * D;
      sum += scores[s] * __half2float(value[d]);
      total += scores[s];
    }
    out[(b * H + h) * D + d] = sum / total;
  }
}
