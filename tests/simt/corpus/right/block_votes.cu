// Barriers that count, and-combine and or-combine a predicate, and a warp's votes.
// Launch: 1-D blocks of any size; three ints a block out, one word a warp.
extern "C" __global__ void block_votes(const int* x,
                                       int* counts,         // (gridDim.x, 3)
                                       unsigned int* bits,  // (ceil(n / 32),)
                                       int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int value = i < n ? x[i] : 0;
  int positive = __syncthreads_count(value > 0);
  int all_small = __syncthreads_and(value < 90);
  int any_large = __syncthreads_or(value > 95);
  if (threadIdx.x == 0) {
    counts[3 * blockIdx.x + 0] = positive;
    counts[3 * blockIdx.x + 1] = all_small != 0;
    counts[3 * blockIdx.x + 2] = any_large != 0;
  }
  unsigned int mask = __ballot_sync(0xffffffff, i < n);
  if (i < n) {
    unsigned int odd = __ballot_sync(mask, value & 1);
    bool same = __all_sync(mask, odd == __shfl_sync(mask, odd, 0));
    if (i % 32 == 0) bits[i / 32] = same && __any_sync(1u, 1) ? odd : 0xdeadbeef;
  }
}
