// Sum of each row with float4; the rows are no multiple of four long. Launch: a thread a row.
extern "C" __global__ void row_sums(const float* x, float* out, int rows, int columns) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  const float4* quads = reinterpret_cast<const float4*>(x + row * columns);
  float sum = 0.0f;
  for (int q = 0; q < columns / 4; q++) {
    float4 v = quads[q];  // bug
    sum += v.x + v.y + v.z + v.w;
  }
  for (int c = columns / 4 * 4; c < columns; c++) sum += x[row * columns + c];
  out[row] = sum;
}
