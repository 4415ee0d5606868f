// standstill.cpp: no thread of a block can go on; who waits for what.
#include <cstdio>

#include "block.h"
#include "worker.h"

namespace simt {

namespace {

const char* waits_for(const Block& block, const Thread& thread) {
  switch (block.state[thread.linear]) {
    case State::at_barrier: return thread.barrier ? "a named barrier" : "__syncthreads()";
    case State::at_grid: return "grid.sync()";
    default: return thread.waits_for;
  }
}

// The thread that keeps another one's warp operation from happening; null where that is not why.
Thread* absent_from(Block& block, const Thread& waiting) {
  if (block.state[waiting.linear] != State::at_warp) return nullptr;
  Warp& warp = block.warp[waiting.warp];
  for (uint32_t m = 0; m < warp.meeting_count; ++m) {
    const Meeting& meeting = warp.meetings[m];
    if (!(meeting.arrived >> waiting.lane & 1)) continue;
    const uint32_t missing = meeting.mask & warp.live & ~meeting.arrived;
    if (missing) return &block.thread[warp.first + uint32_t(__builtin_ctz(missing))];
  }
  return nullptr;
}

}  // namespace

void explain_standstill(Block& block) {
  Thread *one = nullptr, *other = nullptr;
  uint32_t at_barrier = 0, at_warp = 0;
  for (uint32_t t = 0; t < block.threads; ++t) {
    if (block.state[t] == State::done) continue;
    at_barrier += block.state[t] == State::at_barrier;
    at_warp += block.state[t] == State::at_warp;
    if (!one) one = &block.thread[t];
    if (!other && block.wait_pc[t] != block.wait_pc[one->linear]) other = &block.thread[t];
  }
  Kind kind = kDeadlock;
  for (uint32_t t = 0; t < block.threads && kind == kDeadlock; ++t)
    if (Thread* absent = absent_from(block, block.thread[t])) {
      kind = kWarpAbsent;
      one = &block.thread[t];
      other = absent;
    }
  current_thread = one;
  const uint64_t other_pc = other ? block.wait_pc[other->linear] : 0;
  Finding* finding = record(*block.worker, kind, block.wait_pc[one->linear], other_pc);
  if (!finding) return;
  if (other) name_thread(*other, finding->other_thread, finding->other_block);
  std::snprintf(finding->text, sizeof finding->text, "%s|%s|%u|%u|%u", waits_for(block, *one),
                other ? waits_for(block, *other) : "", at_barrier, at_warp,
                block.threads - block.live);
}

}  // namespace simt
