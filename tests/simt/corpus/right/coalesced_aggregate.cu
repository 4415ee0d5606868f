// Filtering with warp-aggregated atomics inside the branch, two ways: cooperative groups' coalesced
// threads, and __activemask by hand. Order does not matter. Launch: 1-D, any size.
#include <cooperative_groups.h>
namespace cg = cooperative_groups;

__device__ int atomicAggInc(int* ctr) {
  cg::coalesced_group g = cg::coalesced_threads();
  int prev;
  if (g.thread_rank() == 0) prev = atomicAdd(ctr, g.size());
  prev = g.thread_rank() + g.shfl(prev, 0);
  return prev;
}

extern "C" __global__ void filter_groups(int* dst, int* nres, const int* src, int n) {
  for (int i = threadIdx.x + blockIdx.x * blockDim.x; i < n; i += gridDim.x * blockDim.x)
    if (src[i] > 0) dst[atomicAggInc(nres)] = src[i];
}

extern "C" __global__ void filter_activemask(int* dst, int* nres, const int* src, int n) {
  int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i >= n) return;
  if (src[i] > 0) {
    unsigned int active = __activemask();
    int leader = __ffs(active) - 1;
    int change = __popc(active);
    unsigned int rank = __popc(active & ((1u << (threadIdx.x & 31)) - 1));
    int warp_res;
    if (rank == 0) warp_res = atomicAdd(nres, change);
    warp_res = __shfl_sync(active, warp_res, leader);
    dst[warp_res + rank] = src[i];
  }
}
