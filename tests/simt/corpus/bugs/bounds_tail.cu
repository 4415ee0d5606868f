// GELU with 16-byte accesses; nobody looked after a length that is no multiple of four.
extern "C" __global__ void gelu(const float* x, float* out, int n) {
  int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n) return;
  float4 v = *reinterpret_cast<const float4*>(x + i);  // bug
  float values[4] = {v.x, v.y, v.z, v.w};
  for (int k = 0; k < 4 && i + k < n; k++)
    out[i + k] = 0.5f * values[k] * (1.0f + erff(values[k] * 0.70710678f));
}
