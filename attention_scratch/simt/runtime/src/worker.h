// worker.h: one operating-system thread that runs blocks of a launch, one after another.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "abi.h"
#include "block.h"

namespace simt {

// The k-th execution of one instruction by the lanes of a warp is one memory request.
struct Request {
  uint32_t mask;
  uint64_t address[kWarpSize];
};

struct SiteRequests {
  uint32_t executions[kWarpSize];  // how often each lane has come past
  std::vector<Request> requests;
};

struct BasicBlockRuns {
  uint32_t runs[kWarpSize];
  bool touched;
};

struct Worker {
  Launch* launch = nullptr;
  volatile bool in_kernel = false;  // the kernel's own code is running, not the runtime's
  volatile uint32_t switches = 0;   // changes whenever a CUDA thread makes way for another
  volatile uint32_t last_switches = 0;
  uint32_t stop_signals = 0;
  uint32_t thread_count = 0;
  std::vector<uint16_t> warp_order;
  std::vector<std::unique_ptr<Block>> blocks;  // one; as many as the grid in a cooperative launch
  Block* running = nullptr;
  uint64_t shared_base = 0;
  uint64_t barriers = 0, warp_meetings = 0, flops = 0;
  std::string output;  // printf

  // Checked launches run on one worker.
  uint32_t epoch = 0;                                      // clock.cpp
  uint32_t grid_epoch = 0;                                 // the last barrier of the whole grid
  std::vector<uint32_t> published;                         // [block]: epoch of its last fence
  std::vector<std::vector<Shadow>> shadows;                // per region, per granule
  std::vector<int32_t> first_site, basic_block_of;         // per byte of module code
  std::vector<uint64_t> used_code;                         // entries of the two to clear again
  std::vector<SiteRequests> pending;                       // per site
  std::vector<BasicBlockRuns> runs;                        // per basic block
  std::vector<uint32_t> touched_sites, touched_basic_blocks;  // by the running warp
  uint32_t last_region = 0, last_variable = 0;
  bool counting = false;  // accesses are counted or traced
};

extern __thread Worker* current_worker __attribute__((tls_model("initial-exec")));

// Which block is the nth of the launch in its order, and how threads are arranged in one.
struct GridOrder {
  uint64_t count = 0, step = 1, shift = 0;
  bool reverse = false;
  uint64_t nth(uint64_t n) const;
};
GridOrder grid_order(const Launch& launch);
void arrange_threads(Worker& worker, Block& block);

void prepare(Worker& worker, Launch& launch);
void run(Worker& worker, const GridOrder& order, uint64_t* next_block);

// findings.cpp: record a diagnosis; null when an equal one was only counted.
Finding* record(Worker& worker, Kind kind, uint64_t pc, uint64_t other_pc = 0, int region = -1);
int nearest_region(const Launch& launch, uint64_t address);
void locate(const Worker& worker, Finding& finding, uint64_t address);
void name_thread(const Thread& thread, uint32_t* index, uint32_t* block);
void name_thread(const Worker& worker, uint32_t linear, uint64_t linear_block, uint32_t* index,
                 uint32_t* block);

// checker.cpp, races.cpp, counters.cpp, trace.cpp: what a checked launch does with every access.
struct Place {
  Space space;
  int region;       // array, or variable in shared memory
  uint64_t offset;  // in the array, or in shared memory
};
void prepare_checker(Worker& worker);
void poison_shared(const Worker& worker);
void on_access(uint64_t address, uint32_t size, Access how, uint64_t pc);
// Ends the calling thread with a finding about these bytes.
[[noreturn]] void refuse(Worker& worker, Kind kind, uint64_t address, uint32_t size, bool is_write,
                         uint64_t pc);
void give_way_if_waiting(uint64_t pc);  // after a volatile read
void check_race(Worker& worker, Thread& thread, const Place& place, uint64_t address,
                uint32_t size, Access how, uint64_t pc);
// Four bytes of shared memory, in the cases that need no more than a look; false: call check_race.
bool plainly_right(Worker& worker, Thread& thread, int variable, uint64_t offset, bool write,
                   uint64_t pc);
void settle_suspicion(Thread& thread, uint64_t address, Access how);
void report_suspicion(Thread& thread);
void prepare_counters(Worker& worker);
void count_access(Worker& worker, const Place& place, uint64_t address, uint32_t size, Access how,
                  uint64_t pc);
void count_basic_block(uint64_t pc);
void flush_warp(Worker& worker);

enum class EventKind : uint8_t {
  read = 0, write = 1, atomic = 2, at_barrier = 3, past_barrier = 4, at_warp = 5, past_warp = 6,
  exit = 7
};
void trace(Worker& worker, const Thread& thread, EventKind kind, uint64_t pc,
           const Place& place = {kNowhere, -1, 0}, uint32_t size = 0);

// faults.cpp: signals of the processor and of the time limit.
void install_handlers();
void restore_handlers();
void use_alternate_stack();
inline bool stop_wanted(const Launch& launch) {
  return __atomic_load_n(&launch.stop, __ATOMIC_RELAXED) != 0;
}
[[noreturn]] void stop_here(Worker& worker, uint64_t pc);

// Between these two the compiler's hooks and signals know that the runtime is at work.
struct RuntimeSection {
  Worker& worker = *current_worker;
  RuntimeSection() { worker.in_kernel = false; }
  ~RuntimeSection() { worker.in_kernel = true; }
};

}  // namespace simt
