// Rows scaled to length one "in place": the input was promised to stay as it is. A block a row.
extern "C" __global__ void normalize(const float* __restrict__ x, float* norms, int C) {
  const float* row = x + blockIdx.x * C;
  float squares = 0.0f;
  for (int c = threadIdx.x; c < C; c += 32) squares += row[c] * row[c];
  for (int d = 16; d > 0; d /= 2) squares += __shfl_xor_sync(0xffffffff, squares, d);
  float norm = sqrtf(squares);
  for (int c = threadIdx.x; c < C; c += 32) ((float*)row)[c] = row[c] / norm;  // bug
  if (threadIdx.x == 0) norms[blockIdx.x] = norm;
}
