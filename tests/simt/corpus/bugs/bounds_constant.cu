// Convolution whose weights lie in constant memory: taps from -RADIUS to RADIUS are 2 * RADIUS + 1.
#define RADIUS 4
__constant__ float weights[2 * RADIUS];

extern "C" __global__ void convolve(const float* x, float* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = 0.0f;
  for (int d = -RADIUS; d <= RADIUS; d++)
    if (i + d >= 0 && i + d < n) sum += weights[d + RADIUS] * x[i + d];  // bug
  out[i] = sum;
}
