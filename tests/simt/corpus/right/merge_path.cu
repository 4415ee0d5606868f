// Merges two sorted arrays: every thread finds by bisection where its diagonal crosses the merge
// path, then merges a few elements. Launch: 1-D, threads * ITEMS >= na + nb.
constexpr int ITEMS = 5;

__device__ int merge_path_search(const int* a, int na, const int* b, int nb, int diagonal) {
  int low = max(0, diagonal - nb), high = min(diagonal, na);
  while (low < high) {
    int mid = (low + high) / 2;
    if (a[mid] <= b[diagonal - 1 - mid])
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

extern "C" __global__ void merge_path(const int* __restrict__ a, int na, const int* __restrict__ b,
                                      int nb, int* __restrict__ out) {
  const int diagonal = (blockIdx.x * blockDim.x + threadIdx.x) * ITEMS;
  if (diagonal >= na + nb) return;
  int i = merge_path_search(a, na, b, nb, diagonal);
  int j = diagonal - i;
  for (int k = diagonal; k < min(diagonal + ITEMS, na + nb); k++) {
    bool from_a = j >= nb || (i < na && a[i] <= b[j]);
    out[k] = from_a ? a[i++] : b[j++];
  }
}
