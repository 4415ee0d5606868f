// block.cpp: runs the threads of a block, each on a fiber, and switches where one has to wait.
//
// A fiber runs thread after thread until one of them waits; that one keeps the stack. So a kernel
// without barriers never switches at all. A thread that waits switches straight to the next lane of
// its warp that can go on, not through the scheduler.
#include "block.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "worker.h"

namespace simt {

__thread Thread* current_thread __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

void run_fiber();

void* fresh_fiber(Block& block, Thread& thread) {
  thread.stack = uint16_t(block.stacks.take());
  block.starting = &thread;
  return block.stacks.prepare(thread.stack, run_fiber);
}

// The stack of the first lane at `position` or later of the running order that can go on; null
// when there is none.
void* next_stack(Block& block, Warp& warp, uint32_t position) {
  for (uint32_t i = position; i < warp.count; ++i) {
    const uint32_t linear = warp.first + warp.order[i];
    if (block.state[linear] != State::ready) continue;
    Thread& thread = block.thread[linear];
    current_thread = &thread;
    if (i < warp.started) return block.stack_pointer[linear];
    warp.started = i + 1;
    return fresh_fiber(block, thread);
  }
  return nullptr;
}

// To the thread that next_stack chose, or to the scheduler where it found none.
void switch_to(Block& block, void** save, void* to) {
  announce_switch(to ? block.stacks.fiber(current_thread->stack) : block.scheduler_fiber);
  simt_switch(save, to ? to : block.scheduler);
}

[[noreturn]] void leave_fiber(Block& block, Thread& thread) {
  Warp& warp = block.warp[thread.warp];
  block.stacks.retire(thread.stack);
  void* to = next_stack(block, warp, warp.position[thread.lane] + 1u);
  void* dead;
  switch_to(block, &dead, to);
  __builtin_unreachable();
}

void run_fiber() {
  Worker& worker = *current_worker;
  Block& block = *worker.running;
  Thread* thread = block.starting;
  const uint16_t stack = thread->stack;
  Warp& warp = block.warp[thread->warp];
  for (;;) {
    current_thread = thread;
    thread->stack = stack;
    worker.in_kernel = true;
    worker.launch->entry(worker.launch->args);
    worker.in_kernel = false;
    thread = current_thread;  // the same one; the compiler need not keep it across the call
    finish_thread(block, *thread);
    if (warp.started == warp.count) break;
    thread = &block.thread[warp.first + warp.order[warp.started++]];
  }
  leave_fiber(block, *thread);
}

bool enter_warp(Block& block, Warp& warp) {
  void* to = next_stack(block, warp, 0);
  if (!to) return false;
  block.scheduler_fiber = running_fiber();
  switch_to(block, &block.scheduler, to);
  return true;
}

bool wake_spinners(Block& block) {
  bool any = false;
  for (uint32_t t = 0; t < block.threads; ++t)
    if (block.state[t] == State::spinning) {
      block.state[t] = State::ready;
      any = true;
    }
  return any;
}

bool waits_for_grid(const Block& block) {
  return std::any_of(block.state, block.state + block.threads,
                     [](State s) { return s == State::at_grid; });
}

// The end came while no thread was running: name one that spins.
void note_stop(Block& block) {
  const Kind kind = Kind(block.worker->launch->stop);
  if (kind != kTimeLimit && kind != kInterrupted) return;
  current_thread = nullptr;
  for (uint32_t t = 0; t < block.threads && !current_thread; ++t)
    if (block.state[t] == State::spinning) current_thread = &block.thread[t];
  if (current_thread) record(*block.worker, kind, block.wait_pc[current_thread->linear]);
}

Outcome give_up(Block& block) {
  block.stacks.release_all();
  block.live = 0;
  current_thread = nullptr;
  __atomic_store_n(&block.worker->launch->incomplete, 1, __ATOMIC_RELAXED);
  return Outcome::abandoned;
}

Outcome schedule(Block& block) {
  Worker& worker = *block.worker;
  const Launch& launch = *worker.launch;
  for (;;) {
    bool progress = false;
    for (uint32_t i = 0; i < block.warps && !block.abandoned; ++i) {
      Warp& warp = block.warp[worker.warp_order[i]];
      do {
        while (!block.abandoned && enter_warp(block, warp)) progress = true;
      } while (!block.abandoned && converge(block, warp));
      if (launch.checked) flush_warp(worker);
    }
    if (!block.abandoned && stop_wanted(launch)) note_stop(block);
    if (block.abandoned || stop_wanted(launch)) return give_up(block);
    if (!block.live) return Outcome::finished;
    if (wake_spinners(block)) {
      if (launch.cooperative) return Outcome::parked;
      std::this_thread::yield();
    } else if (!progress) {
      if (launch.cooperative && waits_for_grid(block)) return Outcome::parked;
      if (!block.quiet) explain_standstill(block);
      return give_up(block);
    }
  }
}

}  // namespace

void prepare_block(Block& block, Worker& worker) {
  const Launch& launch = *worker.launch;
  block.worker = &worker;
  block.threads = worker.thread_count;
  block.warps = (block.threads + kWarpSize - 1) / kWarpSize;
  if (!block.stacks.reserve(block.threads + 2)) throw std::bad_alloc();
  block.stacks.release_all();
  uint32_t linear = 0;
  for (uint32_t z = 0; z < launch.block[2]; ++z)
    for (uint32_t y = 0; y < launch.block[1]; ++y)
      for (uint32_t x = 0; x < launch.block[0]; ++x, ++linear) {
        Thread& thread = block.thread[linear];
        thread.index = {x, y, z};
        thread.linear = linear;
        thread.lane = linear % kWarpSize;
        thread.warp = linear / kWarpSize;
        thread.block = &block;
      }
  for (uint32_t w = 0; w < block.warps; ++w) {
    block.warp[w].first = w * kWarpSize;
    block.warp[w].count = std::min(kWarpSize, block.threads - w * kWarpSize);
  }
  arrange_threads(worker, block);
}

void begin_block(Block& block, uint64_t linear) {
  Worker& worker = *block.worker;
  const uint32_t* grid = worker.launch->grid;
  block.linear = linear;
  block.index = {uint32_t(linear % grid[0]), uint32_t(linear / grid[0] % grid[1]),
                 uint32_t(linear / grid[0] / grid[1])};
  block.live = block.threads;
  block.quiet = block.abandoned = block.named_barriers = false;
  std::fill_n(block.state, block.threads, State::ready);
  std::memset(block.barriers, 0, sizeof block.barriers);
  block.mbarriers.clear();
  for (uint32_t w = 0; w < block.warps; ++w) {
    Warp& warp = block.warp[w];
    warp.live = warp.count == kWarpSize ? ~0u : (1u << warp.count) - 1;
    warp.started = warp.meeting_count = 0;
  }
  for (uint32_t t = 0; t < block.threads; ++t) block.thread[t].copies.clear();
  if (!worker.launch->checked) return;
  for (uint32_t t = 0; t < block.threads; ++t) {
    block.thread[t].volatile_reads = 0;
    block.thread[t].suspicion.open = false;
  }
  reset_clock(block);
  poison_shared(worker);
}

Outcome run_block(Block& block) {
  Worker& worker = *block.worker;
  char* shared = reinterpret_cast<char*>(worker.shared_base);
  const uint64_t bytes = worker.launch->cooperative ? worker.launch->shared_bytes : 0;
  if (!block.parked_shared.empty()) std::memcpy(shared, block.parked_shared.data(), bytes);
  worker.running = &block;
  const Outcome outcome = schedule(block);
  worker.running = nullptr;
  current_thread = nullptr;
  if (outcome == Outcome::parked) block.parked_shared.assign(shared, shared + bytes);
  return outcome;
}

void park(Block& block, State state, uint64_t pc) {
  Thread& thread = *current_thread;
  Warp& warp = block.warp[thread.warp];
  if (block.worker->launch->checked) report_suspicion(thread);
  block.state[thread.linear] = state;
  block.wait_pc[thread.linear] = pc;
  block.worker->switches = block.worker->switches + 1;
  void* to = next_stack(block, warp, warp.position[thread.lane] + 1u);
  switch_to(block, &block.stack_pointer[thread.linear], to);
}

void finish_thread(Block& block, Thread& thread) {
  if (block.worker->launch->checked) report_suspicion(thread);
  Warp& warp = block.warp[thread.warp];
  block.worker->switches = block.worker->switches + 1;
  block.state[thread.linear] = State::done;
  --block.live;
  warp.live &= ~(1u << thread.lane);
  if (block.worker->launch->events)
    trace(*block.worker, thread, EventKind::exit, 0);
  if (warp.meeting_count) complete_meetings(block, warp);
  if (block.barriers[0].arrived) barrier_without(block);
}

void abandon_thread() {
  Block& block = *current_thread->block;
  block.worker->in_kernel = false;
  block.quiet = true;
  __atomic_store_n(&block.worker->launch->incomplete, 1, __ATOMIC_RELAXED);
  finish_thread(block, *current_thread);
  leave_fiber(block, *current_thread);
}

void abandon_block() {
  Block& block = *current_thread->block;
  block.worker->in_kernel = false;
  block.abandoned = true;
  void* dead;
  switch_to(block, &dead, nullptr);
  __builtin_unreachable();
}

}  // namespace simt
