// Rotary position embedding in place, rotate-half layout: pair i is (x[i], x[i + D / 2]).
// Launch: grid (T, H), block D / 2.
extern "C" __global__ void rope(float* __restrict__ x,              // (T, H, D) in place
                                const int* __restrict__ positions,  // (T,)
                                float base, int H, int D) {
  const int t = blockIdx.x, h = blockIdx.y, i = threadIdx.x, half = D / 2;
  float* head = x + (size_t)(t * H + h) * D;
  const float frequency = powf(base, -2.0f * i / D);
  float sine, cosine;
  sincosf(positions[t] * frequency, &sine, &cosine);
  const float a = head[i], b = head[i + half];
  head[i] = a * cosine - b * sine;
  head[i + half] = a * sine + b * cosine;
}
