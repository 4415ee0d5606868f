// Index of the greatest element of each row, the first one if several are equal.
// Launch: one block of 256 threads a row.

struct Best {
  float value;
  int index;
};

__device__ Best better(Best a, Best b) {
  if (a.value != b.value) return a.value > b.value ? a : b;
  return a.index < b.index ? a : b;
}

extern "C" __global__ void argmax_rows(const float* logits,  // (rows, V)
                                       int* out,             // (rows,)
                                       int V) {
  __shared__ Best best[256];
  const float* row = logits + blockIdx.x * (size_t)V;
  Best mine = {__int_as_float(0xff800000), 0x7fffffff};
  for (int j = threadIdx.x; j < V; j += blockDim.x) mine = better(mine, Best{row[j], j});
  best[threadIdx.x] = mine;
  __syncthreads();
  for (int s = blockDim.x / 2; s >= 32; s /= 2) {
    if (threadIdx.x < s) best[threadIdx.x] = better(best[threadIdx.x], best[threadIdx.x + s]);
    __syncthreads();
  }
  if (threadIdx.x < 32) {
    mine = best[threadIdx.x];
    for (int d = 16; d > 0; d /= 2) {
      Best other;
      other.value = __shfl_down_sync(0xffffffff, mine.value, d);
      other.index = __shfl_down_sync(0xffffffff, mine.index, d);
      mine = better(mine, other);
    }
    if (threadIdx.x == 0) out[blockIdx.x] = mine.index;
  }
}
