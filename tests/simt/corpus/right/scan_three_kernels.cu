// Inclusive scan of any length: scan blocks by warp shuffles, scan the blocks' sums, add them.
// Launch: scan_blocks and add_offsets with 128 threads on ceil(n / 128) blocks; scan_sums with one
// block of 1024 threads, at most 1024 blocks.
__device__ int warp_inclusive(int v) {
  int lane = threadIdx.x & 31;
#pragma unroll
  for (int d = 1; d < 32; d <<= 1) {
    int below = __shfl_up_sync(0xffffffff, v, d);
    if (lane >= d) v += below;
  }
  return v;
}

__device__ int block_inclusive(int v) {
  __shared__ int totals[32];
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  v = warp_inclusive(v);
  if (lane == 31) totals[warp] = v;
  __syncthreads();
  if (warp == 0) {
    int t = lane < blockDim.x / 32 ? totals[lane] : 0;
    totals[lane] = warp_inclusive(t);
  }
  __syncthreads();
  return warp > 0 ? v + totals[warp - 1] : v;
}

extern "C" __global__ void scan_blocks(const int* in, int* out, int* sums, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int v = block_inclusive(i < n ? in[i] : 0);
  if (i < n) out[i] = v;
  if (threadIdx.x == blockDim.x - 1) sums[blockIdx.x] = v;
}

extern "C" __global__ void scan_sums(int* sums, int blocks) {
  int i = threadIdx.x;
  int v = i < blocks ? sums[i] : 0;
  int scanned = block_inclusive(v);
  if (i < blocks) sums[i] = scanned - v;  // exclusive
}

extern "C" __global__ void add_offsets(int* out, const int* sums, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] += sums[blockIdx.x];
}
