// Running total of a stretch a block at a time; threads with one round less leave the loop early
// and meet the others at another barrier. Launch: one block of 64 threads.
extern "C" __global__ void chunk_totals(const int* x, int* totals, int* rounds, int n) {
  __shared__ int total;
  if (threadIdx.x == 0) total = 0;
  __syncthreads();
  int mine = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    atomicAdd(&total, x[i]);
    __syncthreads();  // bug
    mine++;
  }
  rounds[threadIdx.x] = mine;
  __syncthreads();  // other
  if (threadIdx.x == 0) totals[0] = total;
}
