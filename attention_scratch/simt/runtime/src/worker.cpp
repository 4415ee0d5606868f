// worker.cpp: runs the threads of a grid one after another, in the order asked for.
//
// A CUDA thread is a plain call of the kernel: this cut of the emulator knows no operation at which
// one thread waits for another, so each can run from its first line to its last.
#include "worker.h"

#include <algorithm>
#include <numeric>

namespace simt {

thread_local Worker* current_worker __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

// A small generator of our own: the same seed gives the same order with every C++ library.
struct SplitMix {
  uint64_t state;
  uint64_t operator()() {
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
};

template <class Iterator>
void shuffle(Iterator first, uint32_t count, SplitMix& random) {
  for (uint32_t i = count; i > 1; --i) std::swap(first[i - 1], first[random() % i]);
}

// Warps stay together, in any order of warps and any order of lanes within each: the counters see
// a warp's accesses side by side.
void order_threads(Worker& worker, uint32_t order, SplitMix& random) {
  auto& threads = worker.thread_order;
  threads.resize(worker.thread_count);
  std::iota(threads.begin(), threads.end(), uint16_t{0});
  if (order == kReverse) std::reverse(threads.begin(), threads.end());
  if (order != kRandom) return;
  const uint32_t warps = (worker.thread_count + kWarpSize - 1) / kWarpSize;
  std::vector<uint16_t> warp_order(warps);
  std::iota(warp_order.begin(), warp_order.end(), uint16_t{0});
  shuffle(warp_order.begin(), warps, random);
  auto out = threads.begin();
  for (uint32_t warp : warp_order) {
    const uint32_t lanes = std::min(kWarpSize, worker.thread_count - warp * kWarpSize);
    for (uint32_t lane = 0; lane < lanes; ++lane) out[lane] = uint16_t(warp * kWarpSize + lane);
    shuffle(out, lanes, random);
    out += lanes;
  }
}

// Grids can have billions of blocks, so their random order is a permutation that needs no table:
// i -> step * i + shift (mod count), with step and count coprime.
void order_blocks(Worker& worker, uint32_t order, SplitMix& random) {
  worker.block_step = 1;
  worker.block_shift = 0;
  if (order != kRandom || worker.block_count < 2) return;
  do {
    worker.block_step = random() % worker.block_count;
  } while (std::gcd(worker.block_step, worker.block_count) != 1);
  worker.block_shift = random() % worker.block_count;
}

void enter_block(Worker& worker, uint64_t nth) {
  const uint64_t count = worker.block_count;
  Position& at = worker.at;
  at.linear_block =
      worker.launch->order == kReverse
          ? count - 1 - nth
          : uint64_t(((unsigned __int128)nth * worker.block_step + worker.block_shift) % count);
  const uint32_t* grid = worker.launch->grid;
  at.block = {uint32_t(at.linear_block % grid[0]), uint32_t(at.linear_block / grid[0] % grid[1]),
              uint32_t(at.linear_block / grid[0] / grid[1])};
}

void enter_thread(Worker& worker, uint32_t linear) {
  worker.at.linear_thread = linear;
  worker.at.thread = worker.thread_index[linear];
}

void number_threads(Worker& worker) {
  const uint32_t* block = worker.launch->block;
  worker.thread_index.clear();
  for (uint32_t z = 0; z < block[2]; ++z)
    for (uint32_t y = 0; y < block[1]; ++y)
      for (uint32_t x = 0; x < block[0]; ++x) worker.thread_index.push_back({x, y, z});
}

// Moves to the next CUDA thread; false when there is none or the launch has to stop.
bool advance(Worker& worker) {
  worker.in_kernel = false;
  worker.in_runtime = false;
  const Launch& launch = *worker.launch;
  if (stop_wanted(launch)) return false;
  if (worker.threads_begun == worker.thread_count || worker.blocks_begun == 0) {
    if (launch.checked) flush_warp(worker);
    if (worker.blocks_begun == worker.block_count) return false;
    enter_block(worker, worker.blocks_begun++);
    worker.threads_begun = 0;
  }
  const uint32_t previous = worker.at.linear_thread;
  const uint32_t next = worker.thread_order[worker.threads_begun++];
  const bool new_warp = next / kWarpSize != previous / kWarpSize;
  if (launch.checked && new_warp) flush_warp(worker);
  enter_thread(worker, next);
  return true;
}

}  // namespace

void prepare(Worker& worker, Launch& launch) {
  worker.launch = &launch;
  worker.at = {};
  worker.at.block_dim = {launch.block[0], launch.block[1], launch.block[2]};
  worker.at.grid_dim = {launch.grid[0], launch.grid[1], launch.grid[2]};
  worker.thread_count = launch.block[0] * launch.block[1] * launch.block[2];
  worker.block_count = uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2];
  worker.blocks_begun = 0;
  worker.threads_begun = 0;
  worker.output.clear();
  number_threads(worker);
  SplitMix random{launch.seed};
  order_threads(worker, launch.order, random);
  order_blocks(worker, launch.order, random);
  if (launch.checked) {
    prepare_checker(worker);
    prepare_counters(worker);
  }
}

void run(Worker& worker) {
  Launch& launch = *worker.launch;
  // abandon_thread() comes back here. All state of the loop lives in `worker`, none in registers,
  // so the loop simply goes on with the thread after the abandoned one.
  sigsetjmp(worker.escape, 0);
  while (advance(worker)) {
    worker.in_kernel = true;
    launch.entry(launch.args);
  }
  launch.incomplete = launch.incomplete || stop_wanted(launch);
}

void abandon_thread(Worker& worker) {
  worker.launch->incomplete = 1;
  siglongjmp(worker.escape, 1);
}

}  // namespace simt
