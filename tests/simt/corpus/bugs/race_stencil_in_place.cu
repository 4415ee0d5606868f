// One step of heat along a rod, written over its input.
extern "C" __global__ void heat(float* u, float alpha, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < 1 || i >= n - 1) return;
  float left = u[i - 1];                         // other
  float right = u[i + 1];                        // other
  u[i] += alpha * (left + right - 2.0f * u[i]);  // bug
}
