// Sum of each block in shared memory. Launch: 128 threads a block; out (gridDim.x,).
extern "C" __global__ void block_sum(const float* x, float* out, int n) {
  __shared__ float s[128];
  int tid = threadIdx.x;
  int i = blockIdx.x * blockDim.x + tid;
  s[tid] = i < n ? x[i] : 0.0f;  // other
  for (int half = 64; half > 0; half /= 2) {
    if (tid < half) s[tid] += s[tid + half];  // bug
    __syncthreads();
  }
  if (tid == 0) out[blockIdx.x] = s[0];
}
