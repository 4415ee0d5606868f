// Levenshtein distance of two strings by one block: anti-diagonals in three rotating rows of shared
// memory, one barrier a diagonal. Launch: one block of at least m + 1 threads.
extern "C" __global__ void edit_distance(const char* a, int m, const char* b, int n, int* out) {
  extern __shared__ int rows[];  // (3, m + 1)
  int* current = rows;
  int* previous = rows + (m + 1);
  int* before = rows + 2 * (m + 1);
  const int i = threadIdx.x;
  for (int diagonal = 0; diagonal <= m + n; diagonal++) {
    const int j = diagonal - i;
    if (i <= m && j >= 0 && j <= n) {
      int cost;
      if (i == 0 || j == 0) {
        cost = i + j;
      } else {
        cost = min(previous[i - 1], previous[i]) + 1;
        cost = min(cost, before[i - 1] + (a[i - 1] != b[j - 1]));
      }
      current[i] = cost;
    }
    __syncthreads();
    int* oldest = before;
    before = previous;
    previous = current;
    current = oldest;
  }
  if (i == m) *out = previous[m];
}
