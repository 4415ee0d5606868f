// Transposes with 32 x 8 threads over 32 x 32 tiles: straight, through a shared tile, and through a
// shared tile padded by a column. Launch: grid (ceil(width / 32), ceil(height / 32)).
const int TILE_DIM = 32;
const int BLOCK_ROWS = 8;

extern "C" __global__ void transpose_naive(float* odata, const float* idata, int width,
                                           int height) {
  int x = blockIdx.x * TILE_DIM + threadIdx.x;
  int y = blockIdx.y * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
    if (x < width && y + j < height) odata[x * height + (y + j)] = idata[(y + j) * width + x];
}

template <int PAD>
__device__ void transpose_through_tile(float* odata, const float* idata, int width, int height) {
  __shared__ float tile[TILE_DIM][TILE_DIM + PAD];
  int x = blockIdx.x * TILE_DIM + threadIdx.x;
  int y = blockIdx.y * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
    if (x < width && y + j < height)
      tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];

  __syncthreads();

  x = blockIdx.y * TILE_DIM + threadIdx.x;  // transpose block offset
  y = blockIdx.x * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS)
    if (x < height && y + j < width)
      odata[(y + j) * height + x] = tile[threadIdx.x][threadIdx.y + j];
}

extern "C" __global__ void transpose_shared(float* odata, const float* idata, int width,
                                            int height) {
  transpose_through_tile<0>(odata, idata, width, height);
}

extern "C" __global__ void transpose_padded(float* odata, const float* idata, int width,
                                            int height) {
  transpose_through_tile<1>(odata, idata, width, height);
}
