// Points through a camera: a 3 x 4 matrix by value, float3 in, float2 out, and a bounding box that
// every thread helps to find with atomics on the bits of non-negative floats.
struct Camera {
  float m[3][4];
  float focal;
  int width, height;
};

__device__ __forceinline__ float dot_row(const float (&row)[4], float3 p) {
  return row[0] * p.x + row[1] * p.y + row[2] * p.z + row[3];
}

__global__ void project(const float3* points, float2* pixels, Camera camera, int* farthest, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float3 q;
  q.x = dot_row(camera.m[0], points[i]);
  q.y = dot_row(camera.m[1], points[i]);
  q.z = dot_row(camera.m[2], points[i]);
  float2 pixel;
  pixel.x = camera.focal * q.x / q.z + 0.5f * camera.width;
  pixel.y = camera.focal * q.y / q.z + 0.5f * camera.height;
  pixels[i] = pixel;
  atomicMax(farthest, __float_as_int(q.z));  // depths are positive: their bits order as ints
}
