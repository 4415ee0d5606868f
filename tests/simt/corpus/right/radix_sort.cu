// One pass of a radix sort by 4 bits: count digits per block, scan the counts digit by digit, then
// scatter. Within a warp a key's rank among equal digits comes from four ballots, which keeps the
// pass stable. Launch: radix_count and radix_scatter with BLOCK threads on ceil(n / BLOCK) blocks;
// radix_scan with one block of 32 threads.
constexpr int BLOCK = 64;
constexpr int WARPS = BLOCK / 32;
constexpr int RADIX = 16;

extern "C" __global__ void radix_count(const unsigned* keys, int* counts,  // (RADIX, gridDim.x)
                                       int shift, int n) {
  __shared__ int local[RADIX];
  if (threadIdx.x < RADIX) local[threadIdx.x] = 0;
  __syncthreads();
  int i = blockIdx.x * BLOCK + threadIdx.x;
  if (i < n) atomicAdd(&local[(keys[i] >> shift) & (RADIX - 1)], 1);
  __syncthreads();
  if (threadIdx.x < RADIX) counts[threadIdx.x * gridDim.x + blockIdx.x] = local[threadIdx.x];
}

extern "C" __global__ void radix_scan(int* counts, int total) {
  int carry = 0;
  for (int start = 0; start < total; start += 32) {
    int i = start + threadIdx.x;
    int own = i < total ? counts[i] : 0;
    int sum = own;
    for (int d = 1; d < 32; d *= 2) {
      int v = __shfl_up_sync(~0u, sum, d);
      if (threadIdx.x >= d) sum += v;
    }
    if (i < total) counts[i] = carry + sum - own;
    carry += __shfl_sync(~0u, sum, 31);
  }
}

extern "C" __global__ void radix_scatter(const unsigned* keys, unsigned* out, const int* offsets,
                                         int shift, int n) {
  __shared__ int warp_counts[WARPS][RADIX];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int i = blockIdx.x * BLOCK + threadIdx.x;
  const bool valid = i < n;
  const unsigned key = valid ? keys[i] : 0;
  const unsigned digit = (key >> shift) & (RADIX - 1);

  unsigned peers = __ballot_sync(0xffffffff, valid);
#pragma unroll
  for (int bit = 0; bit < 4; bit++) {
    const bool set = digit >> bit & 1;
    const unsigned vote = __ballot_sync(0xffffffff, set);
    peers &= set ? vote : ~vote;
  }
  const int rank = __popc(peers & ((1u << lane) - 1));

  for (int d = lane; d < RADIX; d += 32) warp_counts[warp][d] = 0;
  __syncwarp();
  if (valid && rank == 0) warp_counts[warp][digit] = __popc(peers);
  __syncthreads();
  if (valid) {
    int place = offsets[digit * gridDim.x + blockIdx.x] + rank;
    for (int w = 0; w < warp; w++) place += warp_counts[w][digit];
    out[place] = key;
  }
}
