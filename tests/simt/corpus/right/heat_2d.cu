// One explicit step of the heat equation, five points, tile of 16 x 16 with a halo in shared
// memory. The border of the plate keeps its temperature.
#define BLK 16

extern "C" __global__ void heat_2d(const float* __restrict__ u,  // (height, width)
                                   float* __restrict__ next, float alpha, int width, int height) {
  __shared__ float s[BLK + 2][BLK + 2];
  const int x = blockIdx.x * BLK + threadIdx.x, y = blockIdx.y * BLK + threadIdx.y;
  const int tx = threadIdx.x + 1, ty = threadIdx.y + 1;
  const bool inside = x < width && y < height;

  if (inside) {
    const float* p = &u[y * width + x];
    s[ty][tx] = *p;
    if (tx == 1 && x > 0) s[ty][0] = p[-1];
    if (tx == BLK && x + 1 < width) s[ty][BLK + 1] = p[1];
    if (ty == 1 && y > 0) s[0][tx] = p[-width];
    if (ty == BLK && y + 1 < height) s[BLK + 1][tx] = p[width];
  }
  __syncthreads();
  if (!inside) return;

  float c = s[ty][tx];
  if (x > 0 && x < width - 1 && y > 0 && y < height - 1)
    c += alpha * (s[ty - 1][tx] + s[ty + 1][tx] + s[ty][tx - 1] + s[ty][tx + 1] - 4.0f * c);
  next[y * width + x] = c;
}
