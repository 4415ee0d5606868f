// Rank of each number among all, by counting the smaller ones a tile of 64 at a time.
extern "C" __global__ void ranks(const int* keys, int* out, int n) {
  __shared__ int tile[64];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int mine = i < n ? keys[i] : 0;
  int rank = 0;
  for (int start = 0; start < n; start += 64) {
    if (start + threadIdx.x < n) tile[threadIdx.x] = keys[start + threadIdx.x];  // bug
    __syncthreads();
    for (int j = 0; j < 64 && start + j < n; j++) rank += tile[j] < mine;  // other
  }
  if (i < n) out[i] = rank;
}
