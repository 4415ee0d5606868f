// Stencil with a tile in shared memory; the tile has room for one halo only.
#define BLOCK 64
#define RADIUS 2
extern "C" __global__ void stencil(const float* x, float* out, int n) {
  __shared__ float tile[BLOCK + RADIUS];
  float* center = tile + RADIUS;
  int i = blockIdx.x * BLOCK + threadIdx.x, t = threadIdx.x;
  center[t] = i < n ? x[i] : 0.0f;
  if (t < RADIUS) {
    center[t - RADIUS] = i < RADIUS ? 0.0f : x[i - RADIUS];
    center[t + BLOCK] = i + BLOCK < n ? x[i + BLOCK] : 0.0f;  // bug
  }
  __syncthreads();
  float sum = 0.0f;
  for (int d = -RADIUS; d <= RADIUS; d++) sum += center[t + d];  // other
  if (i < n) out[i] = sum;
}
