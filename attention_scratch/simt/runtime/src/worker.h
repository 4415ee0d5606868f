// worker.h: one operating-system thread that runs CUDA threads, block after block.
#pragma once
#include <csetjmp>
#include <cstdint>
#include <string>
#include <vector>

#include "abi.h"

namespace simt {

constexpr unsigned kWarpSize = 32;
constexpr unsigned kMaxThreads = 1024;

struct Index3 {
  uint32_t x, y, z;
};

// Where the running CUDA thread stands. The kernel reads it through threadIdx and its siblings.
struct Position {
  Index3 thread, block, block_dim, grid_dim;
  uint32_t linear_thread;  // within its block
  uint64_t linear_block;   // within the grid
};

// The race detector's memory of one element. Ids are (linear block × threads + thread) + 1; 0 is
// nobody. Without a barrier nothing orders two threads, so any two ids with a write collide. Two
// readers are kept because the first may turn out to be the writer itself.
struct Shadow {
  uint64_t writer, reader, other_reader;
  uint32_t writer_pc, reader_pc, other_reader_pc;  // offsets into the module
};

// The k-th execution of one instruction by the lanes of a warp is one memory request.
struct Request {
  uint32_t mask;
  uint64_t address[kWarpSize];
};

struct SiteRequests {
  uint32_t executions[kWarpSize];  // how often each lane has come past
  std::vector<Request> requests;
};

struct Worker {
  Launch* launch = nullptr;
  Position at{};
  bool in_kernel = false;            // the kernel's own code is running (not the runtime's)
  volatile bool in_runtime = false;  // a hook is at work: a signal must not jump out of it
  sigjmp_buf escape;                 // where an abandoned thread goes
  char* stack_lo = nullptr;
  char* stack_hi = nullptr;

  // Running order: which block, warp and lane come next.
  uint64_t block_count = 0, block_step = 1, block_shift = 0, blocks_begun = 0;
  uint32_t thread_count = 0, threads_begun = 0;
  std::vector<uint16_t> thread_order;
  std::vector<Index3> thread_index;  // threadIdx of each linear thread: saves two divisions apiece

  // Checked launches.
  std::vector<std::vector<Shadow>> shadows;  // per region, per granule
  std::vector<int32_t> first_site;           // per byte of module code: index into sites
  std::vector<SiteRequests> pending;         // per site: requests of the running warp
  std::vector<uint32_t> touched;             // sites with pending requests
  uint32_t last_region = 0;
  std::string output;  // printf
};

extern thread_local Worker* current_worker __attribute__((tls_model("initial-exec")));

void prepare(Worker& worker, Launch& launch);
void run(Worker& worker);
[[noreturn]] void abandon_thread(Worker& worker);

// findings.cpp: record a diagnosis; null when an equal one was only counted.
Finding* record(Worker& worker, Kind kind, uint64_t pc, uint64_t other_pc = 0, int region = -1);
int nearest_region(const Launch& launch, uint64_t address);
void locate(const Launch& launch, Finding& finding, uint64_t address);

// checker.cpp and counters.cpp: what a checked launch does with every access.
void prepare_checker(Worker& worker);
void on_access(uint64_t address, uint32_t size, bool is_write, uint64_t pc);
void prepare_counters(Worker& worker);
void count_access(Worker& worker, int region, uint64_t address, uint32_t size, bool is_write,
                  uint64_t pc);
void flush_warp(Worker& worker);

// faults.cpp: signals of the processor and of the time limit.
void install_handlers();
void restore_handlers();
void use_alternate_stack();
inline bool stop_wanted(const Launch& launch) {
  return __atomic_load_n(&launch.stop, __ATOMIC_RELAXED) != 0;
}
[[noreturn]] void stop_here(Worker& worker, uint64_t pc);

}  // namespace simt
