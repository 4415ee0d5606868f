// Tiles of x come by asynchronous copies, the next one while this one is added up: the wait that
// lets this one arrive allows a copy too many in flight. Launch: one block of 32 threads. sm_80
__device__ void copy_async(float4* to, const float4* from) {
  unsigned place = static_cast<unsigned>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" ::"r"(place), "l"(from));  // other
}

extern "C" __global__ void sum_tiles(const float4* x, float* out, int tiles) {
  __shared__ float4 stage[2][32];
  const int lane = threadIdx.x;
  copy_async(&stage[0][lane], &x[lane]);
  asm volatile("cp.async.commit_group;");
  float sum = 0.0f;
  for (int t = 0; t < tiles; t++) {
    if (t + 1 < tiles) copy_async(&stage[(t + 1) % 2][lane], &x[(t + 1) * 32 + lane]);
    asm volatile("cp.async.commit_group;");
    asm volatile("cp.async.wait_group 2;");
    __syncwarp();
    float4 v = stage[t % 2][31 - lane];  // bug
    sum += v.x + v.y + v.z + v.w;
    __syncwarp();
  }
  out[lane] = sum;
}
