// Sum in a single launch: the block that finishes last adds the partial sums of all.
// Launch: blocks of 128 threads; partial (gridDim.x,).
#define THREADS 128
__device__ unsigned int finished = 0;

__device__ void tree(float* s) {
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) s[threadIdx.x] += s[threadIdx.x + half];
    __syncthreads();
  }
}

extern "C" __global__ void reduce_last_block(const float* x, volatile float* partial, float* total,
                                             int n) {
  __shared__ float s[THREADS];
  __shared__ bool is_last;

  int i = blockIdx.x * THREADS + threadIdx.x;
  s[threadIdx.x] = i < n ? x[i] : 0.0f;
  __syncthreads();
  tree(s);

  if (threadIdx.x == 0) {
    partial[blockIdx.x] = s[0];
    __threadfence();  // the partial sum is seen before the count says that it is there
    unsigned int ticket = atomicInc(&finished, gridDim.x);
    is_last = ticket == gridDim.x - 1;
  }
  __syncthreads();

  if (is_last) {
    float sum = 0;
    for (int b = threadIdx.x; b < gridDim.x; b += THREADS) sum += partial[b];
    s[threadIdx.x] = sum;
    __syncthreads();
    tree(s);
    if (threadIdx.x == 0) {
      *total = s[0];
      finished = 0;  // ready for the next launch
    }
  }
}
