// One piece of dynamic shared memory carved into arrays of three types: doubles first, then floats,
// then shorts. For each column of x, its mean and the number of values above it.
// Launch: grid ceil(cols / blockDim.x), blockDim.x * (8 + 4 * rows + 2) bytes dynamic.
template <typename T>
struct SharedMemory {
  __device__ static T* get() {
    extern __shared__ __align__(16) unsigned char raw[];
    return reinterpret_cast<T*>(raw);
  }
};

extern "C" __global__ void dynamic_shared_carved(const float* x,  // (rows, cols)
                                                 double* means, int* above, int rows, int cols) {
  double* sums = SharedMemory<double>::get();          // (blockDim.x,)
  float* tile = (float*)(sums + blockDim.x);           // (rows, blockDim.x)
  short* counts = (short*)(tile + rows * blockDim.x);  // (blockDim.x,)
  const int t = threadIdx.x, c = blockIdx.x * blockDim.x + t;
  for (int i = t; i < rows * blockDim.x; i += blockDim.x) {
    int r = i / blockDim.x, col = blockIdx.x * blockDim.x + i % blockDim.x;
    tile[i] = col < cols ? x[r * cols + col] : 0.0f;
  }
  sums[t] = 0;
  counts[t] = 0;
  __syncthreads();
  for (int r = 0; r < rows; r++) sums[t] += tile[r * blockDim.x + t];
  for (int r = 0; r < rows; r++) counts[t] += tile[r * blockDim.x + t] > sums[t] / rows;
  __syncthreads();
  if (c < cols) {  // mirrored within the block, so that the barrier matters
    const int other = min(cols - (int)blockIdx.x * (int)blockDim.x, (int)blockDim.x) - 1 - t;
    means[c] = sums[other] / rows;
    above[c] = counts[other];
  }
}
