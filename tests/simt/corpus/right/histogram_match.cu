// Sums by key where neighbors often share a key: lanes of one key find each other with
// __match_any_sync, and the first of them adds for all. Launch: blocks of a multiple of 32.
extern "C" __global__ void histogram_match(const int* keys, int* counts, long long* firsts, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned active = __ballot_sync(0xffffffffu, i < n);
  if (i >= n) return;
  int key = keys[i];
  unsigned peers = __match_any_sync(active, key);
  int leader = __ffs(peers) - 1;
  if ((threadIdx.x & 31) == leader) {
    atomicAdd(&counts[key], __popc(peers));
    atomicMin(&firsts[key], (long long)i);
  }
}
