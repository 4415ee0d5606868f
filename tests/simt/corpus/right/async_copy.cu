// Asynchronous copies through CUDA's pipeline primitives: four stages of a ring in flight while the
// oldest one is summed. Needs sm_80. Launch: one block of 32 threads a row.
#include <cuda_pipeline.h>

constexpr int STAGES = 4, WIDTH = 128;  // floats a stage

extern "C" __global__ void async_copy(const float* __restrict__ x,  // (rows, stages * WIDTH)
                                      float* __restrict__ out,      // (rows,)
                                      int stages) {
  __shared__ __align__(16) float ring[STAGES][WIDTH];
  const float* row = x + (size_t)blockIdx.x * stages * WIDTH;
  auto fetch = [&](int s) {
    if (s < stages)
      __pipeline_memcpy_async(&ring[s % STAGES][4 * threadIdx.x], row + s * WIDTH + 4 * threadIdx.x,
                              sizeof(float4));
    __pipeline_commit();
  };
  for (int s = 0; s < STAGES - 1; ++s) fetch(s);
  float sum = 0.f;
  for (int s = 0; s < stages; ++s) {
    __pipeline_wait_prior(STAGES - 2);
    __syncwarp();
    fetch(s + STAGES - 1);
    for (int i = 0; i < 4; ++i) sum += (i + 1) * ring[s % STAGES][i * 32 + threadIdx.x];
    __syncwarp();
  }
  for (int o = 16; o > 0; o >>= 1) sum += __shfl_xor_sync(0xffffffff, sum, o);
  if (threadIdx.x == 0) out[blockIdx.x] = sum;
}
