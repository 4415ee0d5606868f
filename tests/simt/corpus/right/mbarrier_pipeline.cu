// The same with mbarriers in shared memory, by inline PTX: consumers wait for a phase by its
// parity. Needs sm_80. Launch: one block of 64 threads, the second warp produces.
#define STAGES 2
#define CHUNK 32

__device__ __forceinline__ unsigned smem_ptr(const void* p) {
  return (unsigned)__cvta_generic_to_shared(p);
}
__device__ void mbarrier_init(unsigned long long* bar, int count) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(smem_ptr(bar)), "r"(count));
}
__device__ void mbarrier_arrive(unsigned long long* bar) {
  asm volatile(
      "{\n .reg .b64 state;\n mbarrier.arrive.shared.b64 state, [%0];\n}" ::"r"(smem_ptr(bar))
      : "memory");
}
__device__ bool mbarrier_test(unsigned long long* bar, int parity) {
  int done;
  asm volatile(
      "{\n"
      " .reg .pred p;\n"
      " mbarrier.test_wait.parity.shared.b64 p, [%1], %2;\n"
      " selp.b32 %0, 1, 0, p;\n"
      "}"
      : "=r"(done)
      : "r"(smem_ptr(bar)), "r"(parity)
      : "memory");
  return done;
}
__device__ void mbarrier_wait(unsigned long long* bar, int parity) {
  while (!mbarrier_test(bar, parity)) {
  }
}

extern "C" __global__ void mbarrier_pipeline(const int* x, int* out, int chunks) {
  __shared__ int buffer[STAGES][CHUNK];
  __shared__ __align__(8) unsigned long long full[STAGES], empty[STAGES];
  if (threadIdx.x == 0) {
    for (int s = 0; s < STAGES; ++s) {
      mbarrier_init(&full[s], 32);
      mbarrier_init(&empty[s], 32);
    }
  }
  __syncthreads();
  const int lane = threadIdx.x % 32;
  if (threadIdx.x >= 32) {
    for (int c = 0; c < chunks; ++c) {
      const int stage = c % STAGES, round = c / STAGES;
      if (round > 0) mbarrier_wait(&empty[stage], (round - 1) & 1);
      buffer[stage][lane] = 2 * x[c * CHUNK + lane];
      mbarrier_arrive(&full[stage]);
    }
  } else {
    int sum = 0;
    for (int c = 0; c < chunks; ++c) {
      const int stage = c % STAGES, round = c / STAGES;
      mbarrier_wait(&full[stage], round & 1);
      sum += buffer[stage][(lane + 1) % CHUNK];
      mbarrier_arrive(&empty[stage]);
      out[c * CHUNK + lane] = sum;
    }
  }
}
