// Blur of a row with a tile in shared memory; only the left halo is loaded.
extern "C" __global__ void blur(const float* x, float* out, int n) {
  __shared__ float tile[66];
  int i = blockIdx.x * 64 + threadIdx.x, t = threadIdx.x + 1;
  tile[t] = i < n ? x[i] : 0.0f;
  if (threadIdx.x == 0) tile[0] = i > 0 ? x[i - 1] : 0.0f;
  __syncthreads();
  if (i < n) out[i] = 0.25f * tile[t - 1] + 0.5f * tile[t] + 0.25f * tile[t + 1];  // bug
}
