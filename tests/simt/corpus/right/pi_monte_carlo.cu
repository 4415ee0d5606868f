// Counts random points in the quarter circle: xorshift in registers, one atomic a block.
// Launch: 1-D blocks of a multiple of 32 threads.
__device__ unsigned int xorshift(unsigned int& state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

extern "C" __global__ void pi_monte_carlo(unsigned long long* hits, unsigned int seed, int tries) {
  unsigned int state = seed + 0x9E3779B9u * (blockIdx.x * blockDim.x + threadIdx.x + 1);
  int mine = 0;
  for (int i = 0; i < tries; i++) {
    // 16-bit coordinates: the comparison is exact
    unsigned int x = xorshift(state) >> 16, y = xorshift(state) >> 16;
    mine += (unsigned long long)x * x + (unsigned long long)y * y < (1ull << 32);
  }
  __shared__ int in_block;
  if (threadIdx.x == 0) in_block = 0;
  __syncthreads();
  for (int offset = 16; offset > 0; offset >>= 1) mine += __shfl_xor_sync(0xffffffff, mine, offset);
  if (threadIdx.x % 32 == 0) atomicAdd(&in_block, mine);
  __syncthreads();
  if (threadIdx.x == 0) atomicAdd(hits, (unsigned long long)in_block);
}
