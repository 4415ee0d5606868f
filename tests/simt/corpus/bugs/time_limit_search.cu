// Binary search for the insertion point of each key; when two places are left it stands still.
extern "C" __global__ void lower_bound(const float* sorted, int n, const float* keys, int* out,
                                       int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  int low = 0, high = n;
  while (low < high) {              // other
    int middle = (low + high) / 2;  // other
    if (sorted[middle] < keys[i])   // other
      low = middle;                 // bug
    else
      high = middle;  // other
  }
  out[i] = low;
}
