// async_copy.h: copies a thread has begun and not waited for (cp.async, cp.async.bulk).
//
// The hardware may copy at any time between the instruction and the wait for it. Here the bytes
// move at the last moment, in the wait, so that a kernel which reads too early sees what was there
// before.
#pragma once
#include <cstdint>
#include <vector>

namespace simt {

enum class AsyncKind : uint8_t {
  copy,    // cp.async: global to shared, in a group of its thread
  arrive,  // cp.async.mbarrier.arrive: after all copies before it
  load,    // cp.async.bulk: global to shared, counted by an mbarrier
  store,   // cp.async.bulk: shared to global, in a bulk group of its thread
};

struct AsyncCopy {
  AsyncKind kind;
  bool without_increment;  // of an arrive: .noinc
  uint32_t group;          // of its kind
  uint32_t bytes;          // written at `to`
  uint32_t source_bytes;   // read at `from`, the rest is zeros
  uint64_t to, from;
  uint64_t barrier;  // the mbarrier of an arrive or a load
  uint64_t pc;       // of the instruction that began it
};

struct AsyncCopies {
  std::vector<AsyncCopy> pending;  // in the order of the text
  uint32_t groups = 0;             // that cp.async.commit_group has closed
  uint32_t bulk_groups = 0;        // that cp.async.bulk.commit_group has closed

  void clear() {  // for every thread of every block, so it must be cheap
    if (pending.empty()) return;
    pending.clear();
  }
};

}  // namespace simt
