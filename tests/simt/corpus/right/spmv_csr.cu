// Sparse matrix (CSR) times vector: a thread a row, and a warp a row. Launch: 1-D.
extern "C" __global__ void spmv_csr_scalar(int rows, const int* ptr, const int* indices,
                                           const float* data, const float* x, float* y) {
  int row = blockDim.x * blockIdx.x + threadIdx.x;
  if (row < rows) {
    float dot = 0;
    for (int jj = ptr[row]; jj < ptr[row + 1]; jj++) dot += data[jj] * x[indices[jj]];
    y[row] += dot;
  }
}

extern "C" __global__ void spmv_csr_vector(int rows, const int* ptr, const int* indices,
                                           const float* data, const float* x, float* y) {
  int thread_id = blockDim.x * blockIdx.x + threadIdx.x;
  int warp_id = thread_id / 32;
  int lane = thread_id & (32 - 1);
  if (warp_id < rows) {
    float sum = 0;
    for (int jj = ptr[warp_id] + lane; jj < ptr[warp_id + 1]; jj += 32)
      sum += data[jj] * __ldg(&x[indices[jj]]);
    for (int w = 16; w > 0; w /= 2) sum += __shfl_down_sync(0xffffffff, sum, w);
    if (lane == 0) y[warp_id] += sum;
  }
}
