// Moving average over 2 * RADIUS + 1 elements; only the right end is guarded.
#define RADIUS 3
extern "C" __global__ void moving_average(const float* x, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = 0.0f;
  for (int d = -RADIUS; d <= RADIUS; d++)
    if (i + d < n) sum += x[i + d];  // bug
  out[i] = sum / (2 * RADIUS + 1);
}
