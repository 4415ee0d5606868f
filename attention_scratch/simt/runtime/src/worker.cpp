// worker.cpp: takes blocks from the grid in the order asked for and runs each to its end.
#include "worker.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace simt {

__thread Worker* current_worker __attribute__((tls_model("initial-exec"))) = nullptr;

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

template <class T>
void arrange(T* out, uint32_t count, uint32_t order, SplitMix& random) {
  std::iota(out, out + count, T{0});
  if (order == kReverse) std::reverse(out, out + count);
  if (order != kRandom) return;
  for (uint32_t i = count; i > 1; --i) std::swap(out[i - 1], out[random() % i]);
}

// A cooperative launch: every block is under way, and each gives way to the next where it waits.
void run_together(Worker& worker, const GridOrder& order) {
  const Launch& launch = *worker.launch;
  const char* shared = reinterpret_cast<const char*>(worker.shared_base);
  for (uint64_t i = 0; i < order.count; ++i) {
    prepare_block(*worker.blocks[i], worker);
    begin_block(*worker.blocks[i], order.nth(i));
    worker.blocks[i]->parked_shared.assign(shared, shared + launch.shared_bytes);
  }
  std::vector<Block*> going;
  for (uint64_t i = 0; i < order.count; ++i) going.push_back(worker.blocks[i].get());
  while (!going.empty() && !stop_wanted(launch)) {
    uint32_t waiting = 0;
    std::vector<Block*> left;
    for (Block* block : going) {
      if (run_block(*block) != Outcome::parked) continue;
      left.push_back(block);
      for (uint32_t t = 0; t < block->threads; ++t) waiting += block->state[t] == State::at_grid;
    }
    going.swap(left);
    uint32_t live = 0;
    for (Block* block : going) live += block->live;
    if (live && waiting == live) {
      worker.grid_epoch = ++worker.epoch;
      for (Block* block : going) {
        order_block(*block);
        for (uint32_t t = 0; t < block->threads; ++t)
          if (block->state[t] == State::at_grid) block->state[t] = State::ready;
      }
    }
  }
}

}  // namespace

// Grids can have billions of blocks, so their random order is a permutation that needs no table:
// i -> step * i + shift (mod count), with step and count coprime.
GridOrder grid_order(const Launch& launch) {
  GridOrder order;
  order.count = uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2];
  order.reverse = launch.order == kReverse;
  if (launch.order != kRandom || order.count < 2) return order;
  SplitMix random{launch.seed ^ 0x5bd1e995u};
  do {
    order.step = random() % order.count;
  } while (std::gcd(order.step, order.count) != 1);
  order.shift = random() % order.count;
  return order;
}

uint64_t GridOrder::nth(uint64_t n) const {
  return reverse ? count - 1 - n : uint64_t(((unsigned __int128)n * step + shift) % count);
}

// Warps stay together, in any order of warps and any order of lanes within each.
void arrange_threads(Worker& worker, Block& block) {
  const Launch& launch = *worker.launch;
  SplitMix random{launch.seed};
  worker.warp_order.resize(block.warps);
  arrange(worker.warp_order.data(), block.warps, launch.order, random);
  for (uint16_t w : worker.warp_order) {
    Warp& warp = block.warp[w];
    arrange(warp.order, warp.count, launch.order, random);
    for (uint32_t i = 0; i < warp.count; ++i) warp.position[warp.order[i]] = uint8_t(i);
  }
}

void prepare(Worker& worker, Launch& launch) {
  worker.launch = &launch;
  worker.in_kernel = false;
  worker.stop_signals = 0;
  worker.thread_count = launch.block[0] * launch.block[1] * launch.block[2];
  worker.barriers = worker.warp_meetings = worker.flops = 0;
  worker.output.clear();
  // Calling the anchor makes the system give this thread the module's shared memory.
  const uint64_t anchor = launch.shared_anchor ? uint64_t(launch.shared_anchor()) : 0;
  worker.shared_base = anchor - launch.shared_anchor_offset;
  const uint64_t resident =
      launch.cooperative ? uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2] : 1;
  while (worker.blocks.size() < resident) worker.blocks.emplace_back(new Block);
  if (launch.checked) {
    prepare_checker(worker);
    prepare_counters(worker);
  }
}

void run(Worker& worker, const GridOrder& order, uint64_t* next_block) {
  Launch& launch = *worker.launch;
  if (launch.cooperative) {
    run_together(worker, order);
  } else {
    Block& block = *worker.blocks[0];
    prepare_block(block, worker);
    uint64_t n;
    while (!stop_wanted(launch) &&
           (n = __atomic_fetch_add(next_block, 1, __ATOMIC_RELAXED)) < order.count) {
      begin_block(block, order.nth(n));
      run_block(block);
    }
  }
  // Cooperative launches of many blocks leave their stacks and states behind only once.
  if (worker.blocks.size() > 1) worker.blocks.resize(1);
  if (stop_wanted(launch)) __atomic_store_n(&launch.incomplete, 1, __ATOMIC_RELAXED);
}

}  // namespace simt
