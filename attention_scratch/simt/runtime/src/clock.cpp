// clock.cpp: which accesses are known to have happened before which.
//
// `epoch` counts the synchronizations of a launch. An access carries the epoch it was made in. It
// happened before a later one of another thread if a synchronization of the two lies in between:
// a barrier of the block, a __syncwarp of both lanes, a barrier of both warps, a barrier of the
// grid, or a fence on its side that is followed by an atomic access on the other.
#include <algorithm>

#include "block.h"
#include "worker.h"

namespace simt {

void reset_clock(Block& block) {
  Clock& clock = block.clock;
  clock.sync_epoch = ++block.worker->epoch;
  clock.acquire_epoch = clock.pending_acquire = 0;
  clock.lane_seen.assign(block.threads * kWarpSize, 0);
  clock.warp_seen.assign(kMaxWarps * kMaxWarps, 0);
  clock.fenced.assign(block.threads, 0);
  clock.acquired.assign(block.threads, 0);
}

void order_warp(Block& block, Warp& warp, uint32_t lanes) {
  Clock& clock = block.clock;
  const uint32_t now = ++block.worker->epoch;
  uint32_t seen[kWarpSize] = {};
  uint32_t acquired = 0;
  for (uint32_t lane = 0; lane < warp.count; ++lane) {
    if (!(lanes >> lane & 1)) continue;
    const uint32_t* known = &clock.lane_seen[(warp.first + lane) * kWarpSize];
    for (uint32_t i = 0; i < kWarpSize; ++i) seen[i] = std::max(seen[i], known[i]);
    acquired = std::max(acquired, clock.acquired[warp.first + lane]);
  }
  for (uint32_t lane = 0; lane < warp.count; ++lane)
    if (lanes >> lane & 1) seen[lane] = now;
  for (uint32_t lane = 0; lane < warp.count; ++lane) {
    if (!(lanes >> lane & 1)) continue;
    std::copy_n(seen, kWarpSize, &clock.lane_seen[(warp.first + lane) * kWarpSize]);
    clock.acquired[warp.first + lane] = acquired;
  }
}

void order_block(Block& block) {
  block.clock.sync_epoch = ++block.worker->epoch;
  block.clock.acquire_epoch = block.clock.pending_acquire;
}

// What every warp in `from` had done by now is known to every warp in `to`.
static void order_warps(Block& block, uint32_t from, uint32_t to) {
  Clock& clock = block.clock;
  const uint32_t now = ++block.worker->epoch;
  uint32_t seen[kMaxWarps] = {};
  for (uint32_t w = 0; w < block.warps; ++w) {
    if (!(from >> w & 1)) continue;
    for (uint32_t i = 0; i < kMaxWarps; ++i)
      seen[i] = std::max(seen[i], clock.warp_seen[w * kMaxWarps + i]);
    seen[w] = now;
  }
  for (uint32_t w = 0; w < block.warps; ++w) {
    if (!(to >> w & 1)) continue;
    for (uint32_t i = 0; i < kMaxWarps; ++i) {
      uint32_t& known = clock.warp_seen[w * kMaxWarps + i];
      known = std::max(known, seen[i]);
    }
    if (!(from >> w & 1)) continue;
    const Warp& warp = block.warp[w];
    for (uint32_t lane = 0; lane < warp.count; ++lane)
      std::fill_n(&clock.lane_seen[(warp.first + lane) * kWarpSize], kWarpSize, now);
  }
}

void order_barrier(Block& block, uint32_t id) {
  const Barrier& barrier = block.barriers[id];
  if (!barrier.expected || barrier.arrived == block.live) {
    if (!barrier.arrivals_only) return order_block(block);
  }
  uint32_t waiting = 0;
  for (uint32_t t = 0; t < block.threads; ++t)
    if (block.state[t] == State::at_barrier && block.thread[t].barrier == id)
      waiting |= 1u << block.thread[t].warp;
  order_warps(block, waiting | barrier.arrival_warps, waiting);
}

void publish(Arrivals& arrivals) {
  if (!current_worker->launch->checked) return;
  const Thread& thread = *current_thread;
  const uint32_t* known = &thread.block->clock.warp_seen[thread.warp * kMaxWarps];
  for (uint32_t i = 0; i < kMaxWarps; ++i)
    arrivals.seen[i] = std::max(arrivals.seen[i], known[i]);
  arrivals.seen[thread.warp] = ++current_worker->epoch;
}

void acquire(const Arrivals& arrivals) {
  if (!current_worker->launch->checked) return;
  const Thread& thread = *current_thread;
  Clock& clock = thread.block->clock;
  for (uint32_t i = 0; i < kMaxWarps; ++i) {
    uint32_t& known = clock.warp_seen[thread.warp * kMaxWarps + i];
    known = std::max(known, arrivals.seen[i]);
  }
  for (uint32_t i = 0; i < kWarpSize; ++i) {
    uint32_t& known = clock.lane_seen[thread.linear * kWarpSize + i];
    known = std::max(known, arrivals.seen[thread.warp]);
  }
}

void note_fence(Block& block, Thread& thread) {
  Worker& worker = *block.worker;
  block.clock.fenced[thread.linear] = ++worker.epoch;
  if (worker.published.size() <= block.linear) worker.published.resize(block.linear + 1, 0);
  worker.published[block.linear] = worker.epoch;
}

void note_acquire(Block& block, Thread& thread) {
  block.clock.acquired[thread.linear] = block.clock.pending_acquire = ++block.worker->epoch;
}

bool happened_before(const Block& block, const Thread& now, uint32_t other_block,
                     uint32_t other_thread, uint32_t epoch) {
  const Worker& worker = *block.worker;
  const Clock& clock = block.clock;
  if (epoch < worker.grid_epoch) return true;
  const uint32_t acquired = std::max(clock.acquire_epoch, clock.acquired[now.linear]);
  if (other_block != block.linear) {
    const uint32_t published =
        other_block < worker.published.size() ? worker.published[other_block] : 0;
    return epoch < published && epoch < acquired;
  }
  if (epoch < clock.sync_epoch) return true;
  const uint32_t warp = other_thread / kWarpSize;
  if (warp == now.warp) {
    const uint32_t lane = other_thread % kWarpSize;
    if (epoch < clock.lane_seen[now.linear * kWarpSize + lane]) return true;
  } else if (epoch < clock.warp_seen[now.warp * kMaxWarps + warp]) {
    return true;
  }
  return epoch < clock.fenced[other_thread] && epoch < acquired;
}

}  // namespace simt
