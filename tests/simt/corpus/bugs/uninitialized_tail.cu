// Greatest of each block; threads past the end leave their place in the tile as it was.
extern "C" __global__ void block_max(const float* x, float* out, int n) {
  __shared__ float tile[64];
  int i = blockIdx.x * 64 + threadIdx.x;
  if (i < n) tile[threadIdx.x] = x[i];
  __syncthreads();
  if (threadIdx.x == 0) {
    float greatest = tile[0];
    for (int j = 1; j < 64; j++) greatest = fmaxf(greatest, tile[j]);  // bug
    out[blockIdx.x] = greatest;
  }
}
