// abi.h: the structures that Python (abi.py, ctypes) and the runtime share. Change both or neither.
#pragma once
#include <cstdint>

namespace simt {

enum Kind : uint32_t {
  kOutOfBounds = 1,
  kConstWrite = 2,
  kRace = 3,
  kMisaligned = 4,
  kLocalIndex = 5,
  kAssertion = 6,
  kIllegalAddress = 7,
  kArithmetic = 8,
  kTimeLimit = 9,
  kInterrupted = 10,
  kStackOverflow = 11,
  kUnsupported = 12,
  kOutOfMemory = 13,
  kUninitialized = 14,
  kBarrierExit = 15,
  kBarrierDivergence = 16,
  kWarpAbsent = 17,
  kWarpMask = 18,
  kWarpDivergence = 19,
  kInactiveLane = 20,
  kDeadlock = 21,
  kMisuse = 22,
};

enum Order : uint32_t { kForward = 0, kReverse = 1, kRandom = 2 };
enum Space : uint32_t { kGlobal = 0, kShared = 1, kConstant = 2, kNowhere = 3 };

// One array the kernel may touch: an argument, or a variable of the module. `granule` is the race
// detector's unit: the element, in bytes; 0 where no race is looked for.
struct Region {
  uint64_t lo, hi;
  uint32_t granule, read_only;
  uint32_t space, padding;
};

// A variable in shared memory: byte offsets from the start of the block's shared memory.
struct SharedVariable {
  uint32_t lo, hi;
};

// One diagnosis. Equal ones (same kind, place and array) are counted, the first one is kept.
struct Finding {
  uint32_t kind, count;
  uint64_t pc, other_pc, address;
  uint32_t thread[3], block[3], other_thread[3], other_block[3];
  uint32_t size, is_write, other_is_write, space;
  int32_t region;     // nearest array; in shared memory, the nearest variable; -1 for none
  uint32_t padding;
  int64_t offset;     // bytes from the start of that array
  char text[192];
};

// What one instruction did to one array, summed over the launch.
struct Site {
  uint64_t pc, lanes, requests;
  uint64_t sectors;     // 32-byte pieces of global memory
  uint64_t wavefronts;  // passes through the banks of shared memory
  uint64_t ideal;       // the least sectors or wavefronts for the same bytes
  uint32_t size, how;   // how: 0 read, 1 write, 2 atomic
  uint32_t space;
  int32_t region;  // array; variable in shared memory
  int32_t next;    // another array reached by the same instruction, -1 at the end
  uint32_t padding;
};

// How often a basic block ran: by lanes, and by warps as a whole.
struct BasicBlock {
  uint64_t pc, lanes, warps;
};

// Something a traced thread did (trace.cpp).
struct Event {
  uint64_t pc, offset;  // offset: in the array, or in shared memory
  uint32_t block;
  uint16_t thread;
  uint8_t kind, space;
  int32_t region;
  uint32_t size;
};

struct Launch {
  void (*entry)(void**);
  void** args;
  uint64_t args_bytes;
  uint64_t module_lo, module_hi;
  uint32_t grid[3], block[3];
  uint32_t checked, order, seed, workers;
  uint32_t cooperative, preempt;
  // Shared memory lies in the thread-local segment of the module, at its anchor's offset.
  void* (*shared_anchor)();
  uint64_t shared_anchor_offset, shared_bytes;
  uint64_t dynamic_lo, dynamic_bytes;
  SharedVariable* variables;
  uint32_t variable_count;
  uint32_t region_count;
  Region* regions;
  Finding* findings;
  uint32_t finding_count, max_findings;
  Site* sites;
  uint32_t site_count, max_sites;
  BasicBlock* basic_blocks;
  uint32_t basic_block_count, max_basic_blocks;
  Event* events;
  uint64_t event_count, max_events, traced_block;
  uint64_t barriers, warp_meetings, flops;
  uint32_t stop;        // 0, or the Kind of stop that was asked for
  uint32_t incomplete;  // not every thread ran to its end
  uint32_t inexact;     // a counter ran out of room: the counts are not exact
  uint32_t padding;
  const char* output;  // what printf wrote; valid until the next launch
  uint64_t output_size;
};

}  // namespace simt
