// Stream compaction two ways: in order, with ballots and a scan over the block's warps (one block),
// and in any order, one atomicAdd a warp. Launch: multiples of 32 threads.
extern "C" __global__ void compact_in_order(const int* in, int* out, int* count, int n) {
  __shared__ int warp_base[33];
  __shared__ int base;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  if (threadIdx.x == 0) base = 0;
  __syncthreads();
  for (int start = 0; start < n; start += blockDim.x) {
    int i = start + threadIdx.x;
    bool keep = i < n && in[i] > 0;
    unsigned ballot = __ballot_sync(0xffffffff, keep);
    if (lane == 0) warp_base[warp] = __popc(ballot);
    __syncthreads();
    if (threadIdx.x == 0) {
      int sum = base;
      for (int w = 0; w < warps; w++) {
        int here = warp_base[w];
        warp_base[w] = sum;
        sum += here;
      }
      base = sum;
    }
    __syncthreads();
    if (keep) out[warp_base[warp] + __popc(ballot & ((1u << lane) - 1))] = in[i];
    __syncthreads();
  }
  if (threadIdx.x == 0) *count = base;
}

extern "C" __global__ void compact_by_atomics(const int* in, int* out, int* count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool keep = i < n && in[i] > 0;
  unsigned mask = __ballot_sync(0xffffffff, keep);
  if (keep) {
    int lane = threadIdx.x & 31, leader = __ffs(mask) - 1, base;
    if (lane == leader) base = atomicAdd(count, __popc(mask));
    base = __shfl_sync(mask, base, leader);
    out[base + __popc(mask & ((1u << lane) - 1))] = in[i];
  }
}
