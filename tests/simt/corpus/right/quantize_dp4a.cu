// int8: symmetric quantization of rows with the greatest magnitude as scale, packed four to an int,
// and a matrix-vector product by __dp4a, dequantized at the end.
// Launch: quantize_rows one block of 64 threads a row; gemv_dp4a (32, 4) threads, a warp a row.
extern "C" __global__ void quantize_rows(const float4* __restrict__ x,  // (rows, K / 4)
                                         char4* __restrict__ quantized, float* __restrict__ scales,
                                         int K4) {
  __shared__ float warp_max[2];
  x += blockIdx.x * K4;
  quantized += blockIdx.x * K4;
  float m = 0.f;
  for (int i = threadIdx.x; i < K4; i += 64) {
    const float4 v = x[i];
    m = fmaxf(fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w))), m);
  }
  for (int o = 16; o > 0; o >>= 1) m = fmaxf(m, __shfl_down_sync(0xffffffff, m, o));
  if (threadIdx.x % 32 == 0) warp_max[threadIdx.x / 32] = m;
  __syncthreads();
  const float scale = fmaxf(warp_max[0], warp_max[1]) / 127.f;
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  const float inverse = scale > 0.f ? 1.f / scale : 0.f;
  for (int i = threadIdx.x; i < K4; i += 64) {
    const float4 v = x[i];
    quantized[i] = make_char4(__float2int_rn(v.x * inverse), __float2int_rn(v.y * inverse),
                              __float2int_rn(v.z * inverse), __float2int_rn(v.w * inverse));
  }
}

extern "C" __global__ void gemv_dp4a(const int* __restrict__ W,  // (rows, K / 4) packed int8
                                     const int* __restrict__ x,  // (K / 4,) packed int8
                                     const float* __restrict__ w_scales, float x_scale,
                                     int* __restrict__ sums, float* __restrict__ y, int rows,
                                     int K4) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  int sum = 0;
  for (int i = threadIdx.x; i < K4; i += 32) sum = __dp4a(W[row * K4 + i], x[i], sum);
  for (int o = 16; o > 0; o >>= 1) sum += __shfl_xor_sync(0xffffffff, sum, o);
  if (threadIdx.x == 0) {
    sums[row] = sum;
    y[row] = sum * (w_scales[row] * x_scale);
  }
}
