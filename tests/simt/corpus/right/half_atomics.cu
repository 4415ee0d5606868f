// Gradients scattered into half and bfloat16 with packed atomics, and comparisons, minima and
// elementary functions of half. Launch: 1-D over pairs.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void scatter_pairs(__half2* h, __nv_bfloat162* b, const int* rows, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  atomicAdd(&h[rows[i]], __floats2half2_rn(1.0f, 0.5f));
  atomicAdd(&b[rows[i]], __floats2bfloat162_rn(1.0f, 2.0f));
}

extern "C" __global__ void half_functions(const __half* x, __half* out, int n) {  // out (n, 6)
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  __half v = x[i], one = __float2half(1.0f);
  out[6 * i + 0] = __hgt(v, one) ? __hneg(v) : __habs(v);
  out[6 * i + 1] = __hmin(v, one) * one + __hmax(v, __half(-1));
  out[6 * i + 2] = __hfma(v, v, one);
  out[6 * i + 3] = hrcp(__hadd(__habs(v), one));
  out[6 * i + 4] = hsqrt(__habs(v));
  out[6 * i + 5] = __hdiv(v, __half(3));
}
