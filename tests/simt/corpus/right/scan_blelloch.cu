// Exclusive scan by Blelloch: up-sweep, down-sweep, indices padded against bank conflicts.
// Launch: one block of n / 2 threads, n a power of two; elements past `valid` count as 0.
#define LOG_NUM_BANKS 5
#define CONFLICT_FREE_OFFSET(n) ((n) >> LOG_NUM_BANKS)

extern "C" __global__ void scan_blelloch(const float* g_idata, float* g_odata, int valid, int n) {
  extern __shared__ float temp[];  // n + n / 32
  int thid = threadIdx.x;
  int offset = 1;

  int ai = thid, bi = thid + (n / 2);
  int bankOffsetA = CONFLICT_FREE_OFFSET(ai), bankOffsetB = CONFLICT_FREE_OFFSET(bi);
  temp[ai + bankOffsetA] = ai < valid ? g_idata[ai] : 0;
  temp[bi + bankOffsetB] = bi < valid ? g_idata[bi] : 0;

  for (int d = n >> 1; d > 0; d >>= 1) {  // build the sum in place, up the tree
    __syncthreads();
    if (thid < d) {
      int ai = offset * (2 * thid + 1) - 1;
      int bi = offset * (2 * thid + 2) - 1;
      ai += CONFLICT_FREE_OFFSET(ai);
      bi += CONFLICT_FREE_OFFSET(bi);
      temp[bi] += temp[ai];
    }
    offset *= 2;
  }
  if (thid == 0) temp[n - 1 + CONFLICT_FREE_OFFSET(n - 1)] = 0;

  for (int d = 1; d < n; d *= 2) {  // down the tree
    offset >>= 1;
    __syncthreads();
    if (thid < d) {
      int ai = offset * (2 * thid + 1) - 1;
      int bi = offset * (2 * thid + 2) - 1;
      ai += CONFLICT_FREE_OFFSET(ai);
      bi += CONFLICT_FREE_OFFSET(bi);
      float t = temp[ai];
      temp[ai] = temp[bi];
      temp[bi] += t;
    }
  }
  __syncthreads();
  if (ai < valid) g_odata[ai] = temp[ai + bankOffsetA];
  if (bi < valid) g_odata[bi] = temp[bi + bankOffsetB];
}
