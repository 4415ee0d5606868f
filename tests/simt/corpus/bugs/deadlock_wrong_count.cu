// Two of four warps share a named barrier, which waits for three. Launch: 128 threads.
extern "C" __global__ void pairs(const float* x, float* out) {
  __shared__ float s[128];
  int t = threadIdx.x, pair = t / 64;
  s[t] = x[t];
  asm volatile("bar.sync %0, %1;" ::"r"(pair + 1), "n"(96) : "memory");  // bug
  out[t] = s[t ^ 32];
}
