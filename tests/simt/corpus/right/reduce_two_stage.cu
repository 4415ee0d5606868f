// Sum in two launches of one kernel: partial sums of a fixed grid, then their sum by one block.
// Warps reduce by shuffles, the first warp adds the warps' results. Launch: multiples of 32
// threads.
__inline__ __device__ float warp_sum(float v) {
  for (int lane_mask = 16; lane_mask > 0; lane_mask >>= 1)
    v += __shfl_xor_sync(0xffffffffu, v, lane_mask);
  return v;
}

__inline__ __device__ float block_sum(float v) {
  static __shared__ float shared[32];
  int lane = threadIdx.x % 32, wid = threadIdx.x / 32;
  v = warp_sum(v);
  if (lane == 0) shared[wid] = v;
  __syncthreads();
  v = (threadIdx.x < blockDim.x / 32) ? shared[lane] : 0;
  if (wid == 0) v = warp_sum(v);
  return v;
}

extern "C" __global__ void reduce_two_stage(const float* in, float* out, int n) {
  float v = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    v += in[i];
  v = block_sum(v);
  if (threadIdx.x == 0) out[blockIdx.x] = v;
}
