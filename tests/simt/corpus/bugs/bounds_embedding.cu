// Rows of a table gathered by token; a token of the padding is no row. Launch: a block a token.
extern "C" __global__ void embed(const float* table,  // (V, C)
                                 const int* tokens, float* out, int C) {
  const float* row = table + tokens[blockIdx.x] * C;
  for (int c = threadIdx.x; c < C; c += blockDim.x) out[blockIdx.x * C + c] = row[c];  // bug
}
