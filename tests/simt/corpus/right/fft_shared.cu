// Radix-2 FFT of each row in shared memory: bit reversal, then log2 n butterfly stages.
// Launch: one block of n / 2 threads a row, n a power of two up to 1024; 8 * n bytes dynamic.
__device__ float2 cmul(float2 a, float2 b) {
  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
__device__ float2 operator+(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }
__device__ float2 operator-(float2 a, float2 b) { return make_float2(a.x - b.x, a.y - b.y); }

extern "C" __global__ void fft_shared(const float2* in, float2* out, int n) {
  extern __shared__ float2 data[];
  const int log_n = __ffs(n) - 1;
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    data[__brev(i) >> (32 - log_n)] = in[blockIdx.x * n + i];
  __syncthreads();
  for (int half = 1; half < n; half *= 2) {
    const int k = threadIdx.x & (half - 1);
    const int low = 2 * (threadIdx.x - k) + k, high = low + half;
    float2 w;
    sincospif(-(float)k / half, &w.y, &w.x);
    const float2 a = data[low], b = cmul(w, data[high]);
    data[low] = a + b;
    data[high] = a - b;
    __syncthreads();
  }
  for (int i = threadIdx.x; i < n; i += blockDim.x) out[blockIdx.x * n + i] = data[i];
}
