// async_copy.h: copies a thread has begun and not waited for (cp.async, cp.async.bulk).
//
// The hardware may copy at any time between the instruction and the wait for it. Here the bytes
// move at the last moment, in the wait, so that a kernel which reads too early sees what was there
// before.
#pragma once
#include <cstdint>
#include <vector>

namespace simt {

struct AsyncCopy {
  uint64_t to, from;
  uint32_t bytes;         // written
  uint32_t source_bytes;  // read; the rest is zeros
  uint64_t pc;            // of the instruction that began it
};

// Copies of one thread in groups: those that are closed, and the open one.
class CopyQueue {
 public:
  void add(const AsyncCopy& copy) {
    copies_.push_back(copy);
    ++open_;
  }
  void commit() {
    groups_.push_back(open_);
    open_ = 0;
  }
  void wait(uint32_t kept);  // lands all closed groups but the last `kept`
  void wait_all() {
    commit();
    wait(0);
  }
  std::vector<AsyncCopy> take();  // all of them, the groups stay, empty
  void clear() {                  // for every thread of every block, so it must be cheap
    if (!copies_.empty()) copies_.clear();
    if (!groups_.empty()) groups_.clear();
    open_ = 0;
  }

 private:
  std::vector<AsyncCopy> copies_;  // in the order of the text
  std::vector<uint32_t> groups_;   // copies in each closed group
  uint32_t open_ = 0;              // copies in no group yet
};

struct AsyncCopies {
  CopyQueue copies;           // cp.async
  CopyQueue stores;           // cp.async.bulk from shared to global memory
  uint32_t at_mbarriers = 0;  // copies handed to an mbarrier that have not landed
  uint64_t statement_pc = 0;  // of the asm statement the thread is in, if it is in one

  void clear() {
    copies.clear();
    stores.clear();
    at_mbarriers = 0;
  }
};

// `shared_side` is the copy's address in shared memory. Checks both sides and reads the source.
void check_copy(const AsyncCopy& copy, uint64_t shared_side);
void start_copy(CopyQueue& queue, const AsyncCopy& copy, uint64_t shared_side);
void land(const AsyncCopy& copy);
void wait_for_copies(uint32_t kept_groups);  // cp.async.wait_group
void wait_for_all_copies();                  // cp.async.wait_all

}  // namespace simt
