// fiber.h: a stack for every CUDA thread that waits for another one, and the switch between them.
#pragma once
#include <cstdint>
#include <vector>

namespace simt {

// Every thread's local arrays must fit. Untouched pages cost nothing.
constexpr uint64_t kStackBytes = 256 << 10;
constexpr uint64_t kStackGuardBytes = 4 << 10;

// Saves the running context's stack pointer in *save and goes on where `load` was saved.
extern "C" void simt_switch(void** save, void* load);

// As many stacks as a block has threads, each above an inaccessible page.
class Stacks {
 public:
  ~Stacks();
  bool reserve(unsigned count);  // false when the system has no addresses left
  void release_all();            // every stack is free again
  unsigned take();               // the number of a free stack
  // The running stack becomes free once another one is retired: until then it is still stood on.
  void retire(unsigned stack);
  // A stack pointer that simt_switch turns into a call of `entry`.
  void* prepare(unsigned stack, void (*entry)()) const;
  bool holds(unsigned stack, uint64_t address) const {
    return address - lo(stack) < kStackBytes;
  }
  // Bytes of the stack that lie below an address on it.
  uint64_t below(unsigned stack, uint64_t address) const {
    return address - lo(stack) - kStackGuardBytes;
  }
  bool is_guard(uint64_t address) const {
    return address - base_ < count_ * kStackBytes &&
           (address - base_) % kStackBytes < kStackGuardBytes;
  }

 private:
  void unmap();
  uint64_t lo(unsigned stack) const { return base_ + stack * kStackBytes; }
  uint64_t base_ = 0;
  unsigned count_ = 0;
  int retired_ = -1;
  std::vector<uint16_t> free_;
};

}  // namespace simt
