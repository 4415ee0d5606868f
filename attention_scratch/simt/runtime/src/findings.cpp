// findings.cpp: the list of diagnoses of a launch.
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "worker.h"

namespace simt {

namespace {

// Workers share the list, and signal handlers write to it: a lock that needs no system call.
struct ListLock {
  static inline int taken = 0;
  ListLock() {
    while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE)) {
    }
  }
  ~ListLock() { __atomic_store_n(&taken, 0, __ATOMIC_RELEASE); }
};

template <class Range>
int nearest(const Range* ranges, uint32_t count, uint64_t address, uint64_t limit) {
  int best = -1;
  uint64_t least = limit;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t lo = ranges[i].lo, hi = ranges[i].hi;
    const uint64_t distance = address < lo ? lo - address : address < hi ? 0 : address - hi + 1;
    if (distance < least) {
      least = distance;
      best = int(i);
    }
  }
  return best;
}

}  // namespace

void name_thread(const Thread& thread, uint32_t* index, uint32_t* block) {
  std::memcpy(index, &thread.index, sizeof thread.index);
  std::memcpy(block, &thread.block->index, sizeof thread.block->index);
}

void name_thread(const Worker& worker, uint32_t linear, uint64_t linear_block, uint32_t* index,
                 uint32_t* block) {
  const uint32_t *b = worker.launch->block, *g = worker.launch->grid;
  const uint32_t thread[3] = {linear % b[0], linear / b[0] % b[1], linear / b[0] / b[1]};
  std::memcpy(index, thread, sizeof thread);
  block[0] = uint32_t(linear_block % g[0]);
  block[1] = uint32_t(linear_block / g[0] % g[1]);
  block[2] = uint32_t(linear_block / g[0] / g[1]);
}

// Runs inside signal handlers too, so it allocates nothing: Python hands over the room.
Finding* record(Worker& worker, Kind kind, uint64_t pc, uint64_t other_pc, int region) {
  Launch& launch = *worker.launch;
  ListLock lock;
  for (uint32_t i = 0; i < launch.finding_count; ++i) {
    Finding& known = launch.findings[i];
    if (known.kind == kind && known.pc == pc && known.other_pc == other_pc &&
        known.region == region) {
      ++known.count;
      return nullptr;
    }
  }
  if (launch.finding_count == launch.max_findings) return nullptr;
  Finding& finding = launch.findings[launch.finding_count++];
  finding = Finding{};
  finding.kind = kind;
  finding.count = 1;
  finding.pc = pc;
  finding.other_pc = other_pc;
  finding.region = region;
  finding.space = kNowhere;
  if (current_thread) name_thread(*current_thread, finding.thread, finding.block);
  return &finding;
}

// Arrays lie many gigabytes apart; farther than that, an address belongs to none of them.
int nearest_region(const Launch& launch, uint64_t address) {
  return nearest(launch.regions, launch.region_count, address, uint64_t{1} << 34);
}

void locate(const Worker& worker, Finding& finding, uint64_t address) {
  const Launch& launch = *worker.launch;
  finding.address = address;
  constexpr uint64_t kNear = 1 << 20;  // bytes beside shared memory that still mean it
  const uint64_t near = launch.shared_bytes + 2 * kNear;
  if (launch.variable_count && address - worker.shared_base + kNear < near) {
    const int64_t offset = int64_t(address - worker.shared_base);
    finding.space = kShared;
    finding.offset = offset;
    finding.region =
        nearest(launch.variables, launch.variable_count, offset < 0 ? 0 : uint64_t(offset), ~0ull);
    return;
  }
  finding.region = nearest_region(launch, address);
  if (finding.region < 0) return;
  finding.space = launch.regions[finding.region].space;
  finding.offset = int64_t(address - launch.regions[finding.region].lo);
}

void fail_at(Kind kind, uint64_t pc, const char* format, ...) {
  if (Finding* finding = record(*current_worker, kind, pc)) {
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
  }
  abandon_thread();
}

}  // namespace simt
