// Escape times of z <- z * z + c on a grid of points. Launch: 16 x 16 blocks over the image.
#define MAX_ITERATIONS 48

__device__ int escape_time(float2 c) {
  float2 z = make_float2(0.f, 0.f);
  int i = 0;
  while (i < MAX_ITERATIONS && z.x * z.x + z.y * z.y <= 4.f) {
    float re = z.x * z.x - z.y * z.y + c.x;
    z.y = 2.f * z.x * z.y + c.y;
    z.x = re;
    ++i;
  }
  return i;
}

extern "C" __global__ void mandelbrot(unsigned char* image,  // (height, width)
                                      int width, int height, float2 corner, float step) {
  int px = blockIdx.x * blockDim.x + threadIdx.x;
  int py = blockIdx.y * blockDim.y + threadIdx.y;
  if (px >= width || py >= height) return;
  float2 c = make_float2(corner.x + px * step, corner.y + py * step);
  image[py * width + px] = escape_time(c);
}
