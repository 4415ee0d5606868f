// Mean of all: every block writes its sum, then the first one adds them up.
extern "C" __global__ void mean(const float* x, float* partial, float* out, int n) {
  __shared__ float warps[4];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float v = i < n ? x[i] : 0.0f;
  for (int d = 16; d > 0; d /= 2) v += __shfl_down_sync(0xffffffff, v, d);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x == 0) partial[blockIdx.x] = warps[0] + warps[1] + warps[2] + warps[3];  // other
  __syncthreads();
  if (blockIdx.x == 0 && threadIdx.x == 0) {
    float sum = 0.0f;
    for (int b = 0; b < gridDim.x; b++) sum += partial[b];  // bug
    out[0] = sum / n;
  }
}
