// Recursion on the device: adaptive Simpson quadrature of sin(x) / x, a thread an interval, at most
// MAX_DEPTH deep. Launch: 1-D.
constexpr int MAX_DEPTH = 8;

__device__ float f(float x) { return x == 0.0f ? 1.0f : sinf(x) / x; }

__device__ __noinline__ float simpson(float a, float fa, float b, float fb, float m, float fm,
                                      float whole, int depth, int* calls) {
  ++*calls;
  const float lm = 0.5f * (a + m), rm = 0.5f * (m + b);
  const float flm = f(lm), frm = f(rm);
  const float left = (m - a) / 6.0f * (fa + 4.0f * flm + fm);
  const float right = (b - m) / 6.0f * (fm + 4.0f * frm + fb);
  const float delta = left + right - whole;
  if (depth == MAX_DEPTH || fabsf(delta) < 1e-5f) return left + right + delta / 15.0f;
  return simpson(a, fa, m, fm, lm, flm, left, depth + 1, calls) +
         simpson(m, fm, b, fb, rm, frm, right, depth + 1, calls);
}

extern "C" __global__ void adaptive_quadrature(const float* bounds, float* out, int* depth_used,
                                               int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float a = 0.0f, b = bounds[i], m = 0.5f * b;
  const float fa = f(a), fb = f(b), fm = f(m);
  int calls = 0;
  out[i] = simpson(a, fa, b, fb, m, fm, (b - a) / 6.0f * (fa + 4.0f * fm + fb), 0, &calls);
  atomicMax(depth_used, calls);
}
