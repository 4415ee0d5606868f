// One generation of Conway's game of life on a torus. Launch: 2-D blocks over (height, width).
extern "C" __global__ void game_of_life(const unsigned char* __restrict__ now,  // (height, width)
                                        unsigned char* __restrict__ next, int width, int height) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x;
  const int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;

  int alive = 0;
#pragma unroll
  for (int dy = -1; dy <= 1; dy++) {
#pragma unroll
    for (int dx = -1; dx <= 1; dx++) {
      if (dx == 0 && dy == 0) continue;
      alive += now[(y + dy + height) % height * width + (x + dx + width) % width];
    }
  }
  next[y * width + x] = alive == 3 || (alive == 2 && now[y * width + x]);
}
