// A block sum unrolled at compile time: each step an `if` on a template argument, the last warp in
// registers. Launch: blockSize threads; out (gridDim.x,).
template <typename T>
__device__ __forceinline__ T warpReduceSum(T val) {
#pragma unroll
  for (int offset = warpSize / 2; offset > 0; offset /= 2)
    val += __shfl_down_sync(0xffffffff, val, offset);
  return val;
}

template <typename T, unsigned int blockSize>
__global__ void reduce_unrolled(const T* __restrict__ in, T* __restrict__ out, unsigned int n) {
  __shared__ T sdata[blockSize];
  unsigned int tid = threadIdx.x;
  unsigned int gridSize = blockSize * gridDim.x;
  T sum = 0;
  for (unsigned int i = blockIdx.x * blockSize + tid; i < n; i += gridSize) sum += in[i];
  sdata[tid] = sum;
  __syncthreads();

  if ((blockSize >= 512) && (tid < 256)) sdata[tid] = sum = sum + sdata[tid + 256];
  __syncthreads();
  if ((blockSize >= 256) && (tid < 128)) sdata[tid] = sum = sum + sdata[tid + 128];
  __syncthreads();
  if ((blockSize >= 128) && (tid < 64)) sdata[tid] = sum = sum + sdata[tid + 64];
  __syncthreads();
  if (tid < 32) {
    if (blockSize >= 64) sum += sdata[tid + 32];
    sum = warpReduceSum(sum);
  }
  if (tid == 0) out[blockIdx.x] = sum;
}
