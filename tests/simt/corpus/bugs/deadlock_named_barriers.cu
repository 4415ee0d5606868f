// A producer warp and a consumer warp hand a buffer to and fro with two named barriers, but wait
// for them in different orders. Launch: 64 threads.
__device__ void bar_sync(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

extern "C" __global__ void pipeline(const float* x, float* out, int rounds) {
  __shared__ float buffer[32];
  int lane = threadIdx.x % 32;
  for (int r = 0; r < rounds; r++) {
    if (threadIdx.x < 32) {
      bar_sync(1, 64);  // bug
      buffer[lane] = x[r * 32 + lane];
      bar_sync(2, 64);
    } else {
      bar_sync(2, 64);  // other
      out[r * 32 + lane] = 2.0f * buffer[lane];
      bar_sync(1, 64);
    }
  }
}
