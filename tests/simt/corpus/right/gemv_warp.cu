// y = W x, a warp a row, W in half read 16 bytes at a time, x in float. Launch: 128 threads, four
// rows a block; K a multiple of 8.
#include <cuda_fp16.h>

extern "C" __global__ void gemv_warp(const half* __restrict__ W,   // (rows, K)
                                     const float* __restrict__ x,  // (K,)
                                     float* __restrict__ y, int rows, int K) {
  const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  const int lane = threadIdx.x & 31;
  if (row >= rows) return;
  const uint4* w = reinterpret_cast<const uint4*>(W + (size_t)row * K);
  float acc = 0.f;
  for (int i = lane; i < K / 8; i += 32) {
    const uint4 packed = __ldcs(w + i);
    const half2* h = reinterpret_cast<const half2*>(&packed);
    const float4 lo = __ldg(reinterpret_cast<const float4*>(x) + 2 * i);
    const float4 hi = __ldg(reinterpret_cast<const float4*>(x) + 2 * i + 1);
    float2 f = __half22float2(h[0]);
    acc += f.x * lo.x + f.y * lo.y;
    f = __half22float2(h[1]);
    acc += f.x * lo.z + f.y * lo.w;
    f = __half22float2(h[2]);
    acc += f.x * hi.x + f.y * hi.y;
    f = __half22float2(h[3]);
    acc += f.x * hi.z + f.y * hi.w;
  }
#pragma unroll
  for (int offset = 16; offset > 0; offset >>= 1) acc += __shfl_down_sync(0xffffffff, acc, offset);
  if (lane == 0) y[row] = acc;
}
