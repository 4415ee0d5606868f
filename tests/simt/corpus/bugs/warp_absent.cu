// Sum of 16 numbers a warp: only lanes with a number shuffle, but the mask names all 32.
extern "C" __global__ void half_warp_sum(const float* x, float* out) {
  __shared__ float result;
  int lane = threadIdx.x;
  if (lane < 16) {
    float v = x[lane];
    for (int d = 8; d > 0; d /= 2) v += __shfl_down_sync(0xffffffff, v, d, 16);  // bug
    if (lane == 0) result = v;
  }
  __syncthreads();  // other
  out[lane] = result;
}
