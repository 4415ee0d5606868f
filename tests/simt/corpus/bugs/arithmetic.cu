// Each block a chunk of equal length, rounded down: with fewer elements than blocks there is none.
extern "C" __global__ void chunk_of(int* chunk, int n) {
  int length = n / gridDim.x;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    chunk[i] = i / length;  // bug
}
