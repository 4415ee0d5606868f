// Separable convolution with the filter in __constant__ memory: rows, then columns through a tile
// in dynamic shared memory. Launch: 32 x 8 threads over (height, width).
#define KERNEL_RADIUS 4
#define KERNEL_LENGTH (2 * KERNEL_RADIUS + 1)
__constant__ float c_Kernel[KERNEL_LENGTH];

extern "C" __global__ void convolution_rows(float* dst, const float* src, int width, int height) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  float sum = 0;
#pragma unroll
  for (int k = -KERNEL_RADIUS; k <= KERNEL_RADIUS; k++) {
    int d = x + k;
    if (d >= 0 && d < width) sum += src[y * width + d] * c_Kernel[KERNEL_RADIUS - k];
  }
  dst[y * width + x] = sum;
}

extern "C" __global__ void convolution_columns(float* dst, const float* src, int width,
                                               int height) {
  extern __shared__ float s_Data[];  // (blockDim.y + 2 * KERNEL_RADIUS, blockDim.x)
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int top = blockIdx.y * blockDim.y - KERNEL_RADIUS;
  for (int row = threadIdx.y; row < blockDim.y + 2 * KERNEL_RADIUS; row += blockDim.y) {
    int y = top + row;
    s_Data[row * blockDim.x + threadIdx.x] =
        (x < width && y >= 0 && y < height) ? src[y * width + x] : 0;
  }
  __syncthreads();
  int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  float sum = 0;
#pragma unroll
  for (int k = -KERNEL_RADIUS; k <= KERNEL_RADIUS; k++)
    sum += s_Data[(threadIdx.y + KERNEL_RADIUS + k) * blockDim.x + threadIdx.x] *
           c_Kernel[KERNEL_RADIUS - k];
  dst[y * width + x] = sum;
}
