// RMSNorm, a block a row: forward in bfloat16 with float sums, backward in float, the weight's
// gradient by one thread a column. Launch: forward and backward one block of 128 threads a row.
#include <cuda_bf16.h>

template <int THREADS>
__device__ float block_sum(float v) {
  __shared__ float parts[THREADS / 32];
  for (int o = 16; o > 0; o >>= 1) v += __shfl_down_sync(0xffffffffu, v, o);
  __syncthreads();
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = v;
  __syncthreads();
  v = 0.0f;
#pragma unroll
  for (int w = 0; w < THREADS / 32; ++w) v += parts[w];
  return v;
}

extern "C" __global__ void __launch_bounds__(128, 4)
    rmsnorm_forward(const __nv_bfloat162* __restrict__ x,                         // (rows, C / 2)
                    const __nv_bfloat162* __restrict__ weight,                    // (C / 2,)
                    __nv_bfloat162* __restrict__ y, float* __restrict__ inverse,  // (rows,)
                    float epsilon, int C) {
  x += (size_t)blockIdx.x * (C / 2);
  y += (size_t)blockIdx.x * (C / 2);
  float squares = 0.0f;
  for (int i = threadIdx.x; i < C / 2; i += 128) {
    const float2 v = __bfloat1622float2(x[i]);
    squares += v.x * v.x + v.y * v.y;
  }
  const float scale = rsqrtf(block_sum<128>(squares) / C + epsilon);
  if (threadIdx.x == 0) inverse[blockIdx.x] = scale;
  for (int i = threadIdx.x; i < C / 2; i += 128) {
    const float2 v = __bfloat1622float2(x[i]), w = __bfloat1622float2(weight[i]);
    y[i] = __floats2bfloat162_rn(v.x * scale * w.x, v.y * scale * w.y);
  }
}

extern "C" __global__ void rmsnorm_backward(const float* __restrict__ dy,  // (rows, C)
                                            const float* __restrict__ x,
                                            const float* __restrict__ weight,
                                            const float* __restrict__ inverse,
                                            float* __restrict__ dx, int C) {
  const size_t row = (size_t)blockIdx.x * C;
  const float scale = inverse[blockIdx.x];
  float dot = 0.0f;
  for (int c = threadIdx.x; c < C; c += 128) dot += dy[row + c] * weight[c] * x[row + c];
  dot = block_sum<128>(dot) * scale * scale / C;
  for (int c = threadIdx.x; c < C; c += 128)
    dx[row + c] = scale * (dy[row + c] * weight[c] - x[row + c] * dot);
}

extern "C" __global__ void rmsnorm_weight(const float* dy, const float* x, const float* inverse,
                                          float* dweight, int rows, int C) {
  const int c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= C) return;
  float sum = 0.0f;
  for (int r = 0; r < rows; ++r) sum += dy[r * C + c] * x[r * C + c] * inverse[r];
  dweight[c] = sum;
}
