// Sum, least and greatest with cooperative groups: tiles of 32 reduce, the block meets once.
// Launch: blocks of a multiple of 32; out (3,) holding 0, INT_MAX, INT_MIN before.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
namespace cg = cooperative_groups;

extern "C" __global__ void reduce_groups(const int* x, int* out, int n) {
  auto block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);
  auto grid = cg::this_grid();

  int sum = 0, least = 0x7fffffff, greatest = -0x7fffffff - 1;
  for (auto i = grid.thread_rank(); i < n; i += grid.size()) {
    sum += x[i];
    least = min(least, x[i]);
    greatest = max(greatest, x[i]);
  }
  __shared__ int sums[32], lows[32], highs[32];
  sum = cg::reduce(warp, sum, cg::plus<int>());
  least = cg::reduce(warp, least, cg::less<int>());
  greatest = cg::reduce(warp, greatest, cg::greater<int>());
  if (warp.thread_rank() == 0) {
    sums[warp.meta_group_rank()] = sum;
    lows[warp.meta_group_rank()] = least;
    highs[warp.meta_group_rank()] = greatest;
  }
  cg::sync(block);

  if (warp.meta_group_rank() == 0) {
    bool has = warp.thread_rank() < warp.meta_group_size();
    int lane = warp.thread_rank();
    sum = cg::reduce(warp, has ? sums[lane] : 0, cg::plus<int>());
    least = cg::reduce(warp, has ? lows[lane] : least, cg::less<int>());
    greatest = cg::reduce(warp, has ? highs[lane] : greatest, cg::greater<int>());
    if (lane == 0) {
      atomicAdd(&out[0], sum);
      atomicMin(&out[1], least);
      atomicMax(&out[2], greatest);
    }
  }
}
