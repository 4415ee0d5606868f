// Softmax of a row a block. The block-wide reduction is used twice with the same scratch.
__device__ float block_reduce(float v, bool take_max) {
  __shared__ float scratch[4];
  for (int d = 16; d > 0; d /= 2) {
    float other = __shfl_xor_sync(0xffffffff, v, d);
    v = take_max ? fmaxf(v, other) : v + other;
  }
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = v;  // bug
  __syncthreads();
  v = take_max ? -1e30f : 0.0f;
  for (int w = 0; w < 4; w++) v = take_max ? fmaxf(v, scratch[w]) : v + scratch[w];  // other
  return v;
}

extern "C" __global__ void softmax(const float* x, float* out, int n) {
  const float* row = x + blockIdx.x * n;
  float greatest = -1e30f, sum = 0.0f;
  for (int i = threadIdx.x; i < n; i += 128) greatest = fmaxf(greatest, row[i]);
  greatest = block_reduce(greatest, true);
  for (int i = threadIdx.x; i < n; i += 128) sum += expf(row[i] - greatest);
  sum = block_reduce(sum, false);
  for (int i = threadIdx.x; i < n; i += 128)
    out[blockIdx.x * n + i] = expf(row[i] - greatest) / sum;
}
