// P = M * N through square tiles of both in shared memory; tails read as zero.
// Launch: TILE_WIDTH x TILE_WIDTH threads over P (j rows, l columns), k is the inner size.
#define TILE_WIDTH 16

extern "C" __global__ void matmul_tiled(const float* M, const float* N, float* P, int j, int k,
                                        int l) {
  __shared__ float Mds[TILE_WIDTH][TILE_WIDTH];
  __shared__ float Nds[TILE_WIDTH][TILE_WIDTH];
  int bx = blockIdx.x, by = blockIdx.y, tx = threadIdx.x, ty = threadIdx.y;
  int Row = by * TILE_WIDTH + ty, Col = bx * TILE_WIDTH + tx;

  float Pvalue = 0;
  for (int ph = 0; ph < (k + TILE_WIDTH - 1) / TILE_WIDTH; ++ph) {
    if ((Row < j) && (ph * TILE_WIDTH + tx) < k)
      Mds[ty][tx] = M[Row * k + ph * TILE_WIDTH + tx];
    else
      Mds[ty][tx] = 0.0f;
    if ((ph * TILE_WIDTH + ty) < k && Col < l)
      Nds[ty][tx] = N[(ph * TILE_WIDTH + ty) * l + Col];
    else
      Nds[ty][tx] = 0.0f;
    __syncthreads();
    for (int i = 0; i < TILE_WIDTH; ++i) Pvalue += Mds[ty][i] * Nds[i][tx];
    __syncthreads();
  }
  if ((Row < j) && (Col < l)) P[Row * l + Col] = Pvalue;
}
