// Causal softmax of attention scores, a warp a row: the part right of the diagonal becomes zero.
// Launch: blocks (32, 4), rows = B * H * T.
extern "C" __global__ void softmax_warp(float* __restrict__ out, const float* __restrict__ inp,
                                        float scale, int rows, int T) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  const int lane = threadIdx.x, own_pos = row % T;
  const float* x = inp + (size_t)row * T;
  float maxval = -3.402823466e+38f;
  for (int i = lane; i <= own_pos; i += warpSize) maxval = fmaxf(maxval, x[i]);
  for (int o = 16; o; o >>= 1) maxval = fmaxf(maxval, __shfl_xor_sync(0xffffffff, maxval, o));
  float sumval = 0.0f;
  for (int i = lane; i <= own_pos; i += warpSize) sumval += expf(scale * (x[i] - maxval));
  for (int o = 16; o; o >>= 1) sumval += __shfl_xor_sync(0xffffffff, sumval, o);
  const float norm = 1.0f / sumval;
  for (int i = lane; i < T; i += warpSize)
    __stcs(out + (size_t)row * T + i, i <= own_pos ? expf(scale * (x[i] - maxval)) * norm : 0.0f);
}
