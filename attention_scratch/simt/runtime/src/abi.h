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
  kOutlivesLaunch = 12,
  kOutOfMemory = 13,
};

enum Order : uint32_t { kForward = 0, kReverse = 1, kRandom = 2 };

// One array the kernel may touch. `granule` is the race detector's unit: the element, in bytes.
struct Region {
  uint64_t lo, hi;
  uint32_t granule, read_only;
};

// One diagnosis. Equal ones (same kind, place and array) are counted, the first one is kept.
struct Finding {
  uint32_t kind, count;
  uint64_t pc, other_pc, address;
  uint32_t thread[3], block[3], other_thread[3], other_block[3];
  uint32_t size, is_write, other_is_write;
  int32_t region;  // nearest array, -1 where there is none
  int64_t offset;  // bytes from the start of that array
  char text[128];
};

// What one instruction did to one array, summed over the launch.
struct Site {
  uint64_t pc, lanes, requests, sectors;
  uint32_t size, is_write;
  int32_t region, next;  // next: another array reached by the same instruction, -1 at the end
};

struct Launch {
  void (*entry)(void**);
  void** args;
  uint64_t args_bytes;
  uint64_t module_lo, module_hi;
  uint32_t grid[3], block[3];
  uint32_t checked, order, seed, region_count;
  Region* regions;
  Finding* findings;
  uint32_t finding_count, max_findings;
  Site* sites;
  uint32_t site_count, max_sites;
  uint32_t stop;        // 0, or the Kind of stop that was asked for
  uint32_t incomplete;  // not every thread ran to its end
  uint32_t inexact;     // a counter ran out of room: the counts are not exact
  const char* output;   // what printf wrote; valid until the next launch
  uint64_t output_size;
};

}  // namespace simt
