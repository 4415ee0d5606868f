// Transpose with 16-byte loads and stores: each thread turns
// a 4 x 4 patch in registers. Launch: 2-D blocks, a thread a patch; sides are multiples of 4.
__global__ void transpose_float4(const float4* __restrict__ in,  // (rows, cols / 4)
                                 float4* __restrict__ out,       // (cols, rows / 4)
                                 int rows, int cols) {
  const int c4 = blockIdx.x * blockDim.x + threadIdx.x;
  const int r4 = blockIdx.y * blockDim.y + threadIdx.y;
  if (c4 >= cols / 4 || r4 >= rows / 4) return;
  float patch[4][4];
#pragma unroll
  for (int r = 0; r < 4; ++r) {
    float4 v = in[(4 * r4 + r) * (cols / 4) + c4];
    patch[r][0] = v.x, patch[r][1] = v.y, patch[r][2] = v.z, patch[r][3] = v.w;
  }
#pragma unroll
  for (int c = 0; c < 4; ++c)
    out[(4 * c4 + c) * (rows / 4) + r4] =
        make_float4(patch[0][c], patch[1][c], patch[2][c], patch[3][c]);
}
