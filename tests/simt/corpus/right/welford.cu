// Mean and variance of each row in one pass: Welford's update a lane, Chan's merge across the warp.
// Launch: one warp a row, blocks of 128 threads.
extern "C" __global__ void welford(const float* x,  // (rows, n)
                                   float* mean, float* variance, int rows, int n) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows) return;
  float count = 0, m = 0, m2 = 0;
  for (int i = lane; i < n; i += 32) {
    float v = x[row * n + i];
    count += 1;
    float delta = v - m;
    m += delta / count;
    m2 += delta * (v - m);
  }
  for (int d = 1; d < 32; d *= 2) {
    float count_b = __shfl_xor_sync(0xffffffff, count, d);
    float m_b = __shfl_xor_sync(0xffffffff, m, d);
    float m2_b = __shfl_xor_sync(0xffffffff, m2, d);
    float total = count + count_b;
    if (total > 0) {
      float delta = m_b - m;
      m += delta * count_b / total;
      m2 += m2_b + delta * delta * count * count_b / total;
    }
    count = total;
  }
  if (lane == 0) {
    mean[row] = m;
    variance[row] = m2 / n;
  }
}
