// Sum and sum of squares by a grid-stride loop over float4 and one float atomic a warp.
// Launch: any 1-D grid, blocks of a multiple of 32; out (2,) zeroed before.
extern "C" __global__ void reduce_atomic(const float* __restrict__ x, float* out, int n) {
  float sum = 0.f, squares = 0.f;
  const int stride = blockDim.x * gridDim.x;
  const int start = blockIdx.x * blockDim.x + threadIdx.x;
  for (int i = start; i < n / 4; i += stride) {
    const float4 v = __ldg(reinterpret_cast<const float4*>(x) + i);
    sum += v.x + v.y + v.z + v.w;
    squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
  }
  for (int i = n / 4 * 4 + start; i < n; i += stride) {
    sum += x[i];
    squares += x[i] * x[i];
  }
  for (int delta = warpSize / 2; delta; delta /= 2) {
    sum += __shfl_down_sync(~0u, sum, delta);
    squares += __shfl_down_sync(~0u, squares, delta);
  }
  if ((threadIdx.x & (warpSize - 1)) == 0) {
    atomicAdd(&out[0], sum);
    atomicAdd(&out[1], squares);
  }
}
