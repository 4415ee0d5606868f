// block.h: a block of CUDA threads on its way through a kernel.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "abi.h"
#include "async_copy.h"
#include "fiber.h"
#include "mbarrier.h"
#include "services.h"
#include "shadow.h"

namespace simt {

constexpr uint32_t kWarpSize = 32;
constexpr uint32_t kMaxThreads = 1024;
constexpr uint32_t kMaxWarps = kMaxThreads / kWarpSize;
constexpr uint32_t kBarriers = 16;

struct Worker;
struct Block;

struct Index3 {
  uint32_t x, y, z;
};

enum class State : uint8_t { ready, spinning, at_barrier, at_warp, converging, at_grid, done };

// A read that is a race unless the same thread's next access excuses it (races.cpp).
struct Suspicion {
  bool open;
  uint32_t space;
  int region;
  uint64_t offset, address;
  uint32_t size;
  uint64_t pc;
  uint32_t write_block, write_thread, write_pc;
};

// What a CUDA thread knows of itself. What every switch touches lies in dense arrays of the block.
struct alignas(64) Thread {
  Block* block;
  Index3 index;
  uint32_t linear, lane, warp;
  uint16_t stack;
  uint8_t barrier;              // where it waits, while at_barrier
  const char* waits_for;        // the name of the warp operation, while at_warp
  uint64_t volatile_pc;         // the last volatile read, and how often in a row it came
  uint32_t volatile_reads;
  uint32_t converged;           // the lanes that met without a mask, this one included
  Suspicion suspicion;
  AsyncCopies copies;
};

// Lanes that named the same mask and wait for one another.
struct Meeting {
  uint32_t mask, arrived;
  Combine combine;
  const char* name;
  uint64_t pc;
};

struct Warp {
  uint32_t first, count;  // linear threads
  uint32_t started;       // lanes order[started …] have not begun
  uint32_t live;          // lanes that have not exited
  uint8_t order[kWarpSize], position[kWarpSize];  // running order, and its inverse
  void* data[kWarpSize];
  Meeting meetings[kWarpSize];
  uint32_t meeting_count;
};

struct Barrier {
  uint32_t arrived, expected;  // expected: 0 for all threads of the block
  uint32_t arrivals_only;      // of `arrived`, those that do not wait (bar.arrive)
  uint32_t arrival_warps;      // the warps of those
  int count, all, any, result[3];
};

// When accesses of one thread are known to have happened before another's (clock.cpp). Epochs count
// the synchronizations of a launch.
struct Clock {
  uint32_t sync_epoch = 0;           // the last barrier of the whole block
  uint32_t acquire_epoch = 0;        // the last atomic access before it
  uint32_t pending_acquire = 0;      // the last atomic access so far
  std::vector<uint32_t> lane_seen;   // [thread][lane]: what it knows of each lane of its warp
  std::vector<uint32_t> warp_seen;   // [warp][warp]: what it knows of each other warp
  std::vector<uint32_t> fenced;      // [thread]: epoch of its last fence
  std::vector<uint32_t> acquired;    // [thread]: epoch of its last atomic access
};

struct Block {
  Worker* worker = nullptr;
  Index3 index{};
  uint64_t linear = 0;
  uint32_t threads = 0, warps = 0, live = 0;
  bool quiet = false;      // a thread was ended: its absence at barriers is no news
  bool abandoned = false;  // nobody shall run any more
  bool named_barriers = false;

  State state[kMaxThreads];
  void* stack_pointer[kMaxThreads];
  uint64_t wait_pc[kMaxThreads];
  Warp warp[kMaxWarps];
  Barrier barriers[kBarriers];
  std::vector<Mbarrier> mbarriers;
  Thread thread[kMaxThreads];
  Stacks stacks;
  void* scheduler = nullptr;   // stack pointer of run_block's caller
  void* scheduler_fiber = nullptr;
  Thread* starting = nullptr;  // the thread a fresh fiber begins with

  // Checked launches.
  Clock clock;
  std::vector<SharedShadow> shared_shadows;  // per variable
  // Cooperative launches keep several blocks; this one's shared memory while another one runs.
  std::vector<char> parked_shared;
};

enum class Outcome { finished, parked, abandoned };

void prepare_block(Block& block, Worker& worker);  // once per launch
void begin_block(Block& block, uint64_t linear);   // before its first thread runs
Outcome run_block(Block& block);  // until it ends or cannot go on without other blocks
void park(Block& block, State state, uint64_t pc);  // the running thread waits
void finish_thread(Block& block, Thread& thread);
[[noreturn]] void abandon_thread();
[[noreturn]] void abandon_block();

// barrier.cpp and meeting.cpp
void release_barrier(Block& block, uint32_t id);
void barrier_without(Block& block);  // one that a thread's return may complete
void complete_meetings(Block& block, Warp& warp);
bool converge(Block& block, Warp& warp);

void explain_standstill(Block& block);  // standstill.cpp

// clock.cpp
void reset_clock(Block& block);
void order_warp(Block& block, Warp& warp, uint32_t lanes);
void order_block(Block& block);
void order_barrier(Block& block, uint32_t id);
void note_fence(Block& block, Thread& thread);
void note_acquire(Block& block, Thread& thread);
bool happened_before(const Block& block, const Thread& now, uint32_t other_block,
                     uint32_t other_thread, uint32_t epoch);

extern __thread Thread* current_thread __attribute__((tls_model("initial-exec")));

}  // namespace simt
