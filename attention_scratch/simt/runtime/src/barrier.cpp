// barrier.cpp: __syncthreads, its relatives, and PTX's named barriers.
#include "block.h"
#include "worker.h"

namespace simt {

namespace {

// Threads that have returned count as arrived, as on a device; but that a part of the block is gone
// is a mistake all the same.
void check_complete(Block& block, const Thread& waiting) {
  if (block.quiet || block.live == block.threads) return;
  uint32_t gone = 0;
  while (block.state[gone] != State::done) ++gone;
  Finding* finding = record(*block.worker, kBarrierExit, block.wait_pc[waiting.linear]);
  if (!finding) return;
  name_thread(waiting, finding->thread, finding->block);
  name_thread(block.thread[gone], finding->other_thread, finding->other_block);
}

void check_places(Block& block, const Thread& first, const Thread& thread) {
  if (block.quiet || block.wait_pc[thread.linear] == block.wait_pc[first.linear]) return;
  Finding* finding = record(*block.worker, kBarrierDivergence, block.wait_pc[first.linear],
                            block.wait_pc[thread.linear]);
  if (!finding) return;
  name_thread(first, finding->thread, finding->block);
  name_thread(thread, finding->other_thread, finding->other_block);
}

void arrive(Block& block, uint32_t id, uint32_t threads) {
  Barrier& barrier = block.barriers[id];
  if (!barrier.arrived) barrier.expected = threads;
  ++barrier.arrived;
}

bool complete(const Block& block, const Barrier& barrier) {
  return barrier.arrived >= (barrier.expected ? barrier.expected : block.live);
}

uint32_t checked_id(uint32_t id, uint64_t pc) {
  if (id >= kBarriers) fail_at(kMisuse, pc, "barrier %u: a block has barriers 0 to 15", id);
  return id;
}

}  // namespace

void release_barrier(Block& block, uint32_t id) {
  Worker& worker = *block.worker;
  Barrier& barrier = block.barriers[id];
  const Thread* first = nullptr;
  if (worker.launch->checked) order_barrier(block, id);
  for (uint32_t t = 0; t < block.threads; ++t) {
    if (block.state[t] != State::at_barrier) continue;
    Thread& thread = block.thread[t];
    if (block.named_barriers && thread.barrier != id) continue;
    if (worker.launch->checked) {
      if (!first && !id && !barrier.expected) check_complete(block, thread);
      if (!first) first = &thread;
      check_places(block, *first, thread);
    }
    block.state[t] = State::ready;
  }
  barrier.result[0] = barrier.count;
  barrier.result[1] = barrier.all;
  barrier.result[2] = barrier.any;
  barrier.arrived = barrier.arrivals_only = barrier.arrival_warps = 0;
  barrier.count = barrier.any = 0;
  ++worker.barriers;
}

void barrier_without(Block& block) {
  Barrier& barrier = block.barriers[0];
  if (!barrier.expected && complete(block, barrier)) release_barrier(block, 0);
}

void sync_block_at(uint32_t id, uint32_t threads, uint64_t pc) {
  Thread& thread = *current_thread;
  Block& block = *thread.block;
  thread.barrier = uint8_t(checked_id(id, pc));
  if (id) block.named_barriers = true;
  const bool traced = block.worker->launch->events != nullptr;
  if (traced) trace(*block.worker, thread, EventKind::at_barrier, pc);
  if (block.worker->launch->checked) report_suspicion(thread);
  arrive(block, id, threads);
  block.state[thread.linear] = State::at_barrier;
  block.wait_pc[thread.linear] = pc;
  if (complete(block, block.barriers[id]))
    release_barrier(block, id);
  else
    park(block, State::at_barrier, pc);
  if (traced) trace(*block.worker, thread, EventKind::past_barrier, pc);
}

void arrive_block_at(uint32_t id, uint32_t threads, uint64_t pc) {
  Thread& thread = *current_thread;
  Block& block = *thread.block;
  block.named_barriers = true;
  Barrier& barrier = block.barriers[checked_id(id, pc)];
  arrive(block, id, threads);
  ++barrier.arrivals_only;
  barrier.arrival_warps |= 1u << thread.warp;
  if (complete(block, barrier)) release_barrier(block, id);
}

#define SIMT_PC uint64_t(__builtin_return_address(0))

void sync_block(unsigned id, unsigned threads) {
  RuntimeSection section;
  sync_block_at(id, threads, SIMT_PC);
}

int sync_block_vote(int predicate, int vote) {
  RuntimeSection section;
  Barrier& barrier = current_thread->block->barriers[0];
  if (!barrier.arrived) barrier.all = 1;
  barrier.count += predicate != 0;
  barrier.all &= predicate != 0;
  barrier.any |= predicate != 0;
  sync_block_at(0, 0, SIMT_PC);
  return barrier.result[vote];
}

void sync_grid() {
  RuntimeSection section;
  const uint64_t pc = SIMT_PC;
  if (!section.worker.launch->cooperative)
    fail_at(kMisuse, pc, "grid.sync() in a launch that is not cooperative");
  ++section.worker.barriers;
  park(*current_thread->block, State::at_grid, pc);
}

bool is_cooperative() { return current_worker->launch->cooperative != 0; }

}  // namespace simt
