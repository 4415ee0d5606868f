// Cooperative groups smaller than a warp: tiles of 8 lanes sum rows of 8, tiles of 4 scan, and the
// warp splits by a predicate. Launch: one block of 64 threads for 64 numbers.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;

template <typename Group>
__device__ int shared_sum(Group g, int* temp, int val) {
  int lane = g.thread_rank();
  for (int i = g.size() / 2; i > 0; i /= 2) {
    temp[lane] = val;
    g.sync();  // wait for all threads to store
    if (lane < i) val += temp[lane + i];
    g.sync();  // wait for all threads to load
  }
  return val;
}

extern "C" __global__ void tile_groups(const int* x, int* out) {  // out (4, gridDim.x * 64)
  __shared__ int temp[64];
  const int n = gridDim.x * 64;
  cg::thread_block block = cg::this_thread_block();
  const int i = block.group_index().x * 64 + block.thread_rank();
  const int v = x[i];

  cg::thread_block_tile<8> tile8 = cg::tiled_partition<8>(block);
  int sum = shared_sum(tile8, &temp[block.thread_rank() / 8 * 8], v);
  out[0 * n + i] = tile8.shfl(sum, 0);
  out[1 * n + i] = cg::reduce(tile8, v, [](int a, int b) { return a > b ? a : b; });

  auto tile4 = cg::tiled_partition<4>(block);
  out[2 * n + i] = cg::inclusive_scan(tile4, v);

  auto half = cg::binary_partition(cg::tiled_partition<32>(block), v > 0);
  out[3 * n + i] = half.num_threads() * 100 + half.thread_rank();
}
