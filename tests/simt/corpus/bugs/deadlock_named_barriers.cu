// A producer warp and a consumer warp hand a buffer to and fro with two named barriers, but wait
// for them in different orders. Launch: 64 threads.
extern "C" __global__ void pipeline(const float* x, float* out, int rounds) {
  __shared__ float buffer[32];
  int lane = threadIdx.x % 32;
  for (int r = 0; r < rounds; r++) {
    if (threadIdx.x < 32) {
      asm volatile("bar.sync 1, 64;" ::: "memory");  // bug
      buffer[lane] = x[r * 32 + lane];
      asm volatile("bar.sync 2, 64;" ::: "memory");
    } else {
      asm volatile("bar.sync 2, 64;" ::: "memory");  // other
      out[r * 32 + lane] = 2.0f * buffer[lane];
      asm volatile("bar.sync 1, 64;" ::: "memory");
    }
  }
}
