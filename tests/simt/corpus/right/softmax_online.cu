// Online softmax: maximum and sum in one pass, pairs (m, d) merged across the warp and the block.
// Launch: one block of 128 threads a row.
struct __align__(8) MD {
  float m;
  float d;
};

__device__ __forceinline__ MD reduce_md_op(MD a, MD b) {
  bool a_bigger = (a.m > b.m);
  MD bigger_m = a_bigger ? a : b;
  MD smaller_m = a_bigger ? b : a;
  MD res;
  res.d = bigger_m.d + smaller_m.d * expf(smaller_m.m - bigger_m.m);
  res.m = bigger_m.m;
  return res;
}

__device__ MD warp_reduce(MD v) {
  for (int o = 16; o > 0; o /= 2)
    v = reduce_md_op(v, MD{__shfl_xor_sync(~0u, v.m, o), __shfl_xor_sync(~0u, v.d, o)});
  return v;
}

extern "C" __global__ void softmax_online(const float* __restrict__ x, float* __restrict__ y,
                                          int V) {
  x += (size_t)V * blockIdx.x;
  y += (size_t)V * blockIdx.x;
  MD partial = {-3.402823466e+38f, 0.0f};
  for (int i = threadIdx.x; i < V; i += blockDim.x) partial = reduce_md_op(partial, MD{x[i], 1.0f});
  partial = warp_reduce(partial);

  __shared__ MD of_warp[4];
  __shared__ MD total;
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = partial;
  __syncthreads();
  if (threadIdx.x == 0) {
    total = of_warp[0];
    for (int w = 1; w < 4; w++) total = reduce_md_op(total, of_warp[w]);
  }
  __syncthreads();
  const float d_total_inverse = __frcp_rn(total.d);
  for (int i = threadIdx.x; i < V; i += blockDim.x) y[i] = expf(x[i] - total.m) * d_total_inverse;
}
