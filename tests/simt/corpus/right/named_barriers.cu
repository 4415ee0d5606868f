// Warp specialization with the hardware's named barriers: one warp fills a ring of two buffers, two
// warps consume them. Barriers 1 and 2 say "full", 3 and 4 "empty"; the side that does not wait
// only arrives. Launch: one block of 96 threads a row.
#define CONSUMERS 64
#define CHUNK 64
#define ALL (CONSUMERS + 32)

__device__ __forceinline__ void bar_sync(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
__device__ __forceinline__ void bar_arrive(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

extern "C" __global__ void named_barriers(const float* __restrict__ x,  // (rows, n)
                                          float* __restrict__ out,      // (rows, n)
                                          int n) {
  __shared__ float ring[2][CHUNK];
  x += (size_t)blockIdx.x * n;
  out += (size_t)blockIdx.x * n;
  const int chunks = (n + CHUNK - 1) / CHUNK;
  if (threadIdx.x < 32) {  // producer
    for (int c = 0; c < chunks; c++) {
      const int slot = c % 2;
      if (c >= 2) bar_sync(3 + slot, ALL);
      for (int i = threadIdx.x; i < CHUNK; i += 32)
        ring[slot][i] = c * CHUNK + i < n ? x[c * CHUNK + i] : 0.0f;
      __threadfence_block();
      bar_arrive(1 + slot, ALL);
    }
  } else {
    const int t = threadIdx.x - 32;
    for (int c = 0; c < chunks; c++) {
      const int slot = c % 2;
      bar_sync(1 + slot, ALL);
      // each consumer needs two numbers, the second one mirrored
      const float v = ring[slot][t] - ring[slot][CHUNK - 1 - t];
      if (c + 2 < chunks) bar_arrive(3 + slot, ALL);
      if (c * CHUNK + t < n) out[c * CHUNK + t] = v;
    }
  }
}
