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

// ThreadSanitizer, with which the runtime is tested, must be told of every switch.
#if defined(__SANITIZE_THREAD__)
extern "C" void* __tsan_get_current_fiber();
extern "C" void* __tsan_create_fiber(unsigned flags);
extern "C" void __tsan_switch_to_fiber(void* fiber, unsigned flags);
inline void* running_fiber() { return __tsan_get_current_fiber(); }
inline void* new_fiber() { return __tsan_create_fiber(0); }
inline void announce_switch(void* fiber) { __tsan_switch_to_fiber(fiber, 0); }
#else
inline void* running_fiber() { return nullptr; }
inline void* new_fiber() { return nullptr; }
inline void announce_switch(void*) {}
#endif

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
  void* fiber(unsigned stack) const { return fibers_[stack]; }
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
  std::vector<void*> fibers_;
};

}  // namespace simt
