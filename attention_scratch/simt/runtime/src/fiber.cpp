// fiber.cpp: switching stacks, in the few instructions the calling conventions ask for.
#include "fiber.h"

#include <sys/mman.h>

#include <cstring>

#if defined(__x86_64__)
asm(R"(
  .text
  .globl simt_switch
  .hidden simt_switch
  .type simt_switch,@function
simt_switch:
  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
  mov %rsp,(%rdi)
  mov %rsi,%rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
  ret
  .size simt_switch,.-simt_switch
)");
#elif defined(__aarch64__)
asm(R"(
  .text
  .globl simt_switch
  .hidden simt_switch
  .type simt_switch,%function
simt_switch:
  sub sp,sp,#160
  stp x19,x20,[sp]; stp x21,x22,[sp,#16]; stp x23,x24,[sp,#32]; stp x25,x26,[sp,#48]
  stp x27,x28,[sp,#64]; stp x29,x30,[sp,#80]
  stp d8,d9,[sp,#96]; stp d10,d11,[sp,#112]; stp d12,d13,[sp,#128]; stp d14,d15,[sp,#144]
  mov x9,sp
  str x9,[x0]
  mov sp,x1
  ldp x19,x20,[sp]; ldp x21,x22,[sp,#16]; ldp x23,x24,[sp,#32]; ldp x25,x26,[sp,#48]
  ldp x27,x28,[sp,#64]; ldp x29,x30,[sp,#80]
  ldp d8,d9,[sp,#96]; ldp d10,d11,[sp,#112]; ldp d12,d13,[sp,#128]; ldp d14,d15,[sp,#144]
  add sp,sp,#160
  ret
  .size simt_switch,.-simt_switch
)");
#else
#error "the emulator runs on x86-64 and aarch64"
#endif

namespace simt {

Stacks::~Stacks() { unmap(); }

void Stacks::unmap() {
  if (base_) munmap(reinterpret_cast<void*>(base_), count_ * kStackBytes);
}

bool Stacks::reserve(unsigned count) {
  if (count <= count_) return true;
  unmap();
  void* base = mmap(nullptr, count * kStackBytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  base_ = base == MAP_FAILED ? 0 : uint64_t(base);
  count_ = base_ ? count : 0;
  for (unsigned i = 0; i < count_; ++i)
    mprotect(reinterpret_cast<void*>(lo(i)), kStackGuardBytes, PROT_NONE);
  while (fibers_.size() < count_) fibers_.push_back(new_fiber());
  release_all();
  return base_ != 0;
}

void Stacks::release_all() {
  free_.clear();
  retired_ = -1;
  for (unsigned i = count_; i-- > 0;) free_.push_back(uint16_t(i));
}

unsigned Stacks::take() {
  const unsigned stack = free_.back();
  free_.pop_back();
  return stack;
}

void Stacks::retire(unsigned stack) {
  if (retired_ >= 0) free_.push_back(uint16_t(retired_));
  retired_ = int(stack);
}

void* Stacks::prepare(unsigned stack, void (*entry)()) const {
  // Stacks that all began at the same offset of a page would compete for the same cache sets.
  const uint64_t top = lo(stack) + kStackBytes - 64 * (stack * 5 % 61);
#if defined(__x86_64__)
  void** slot = reinterpret_cast<void**>(top & ~uint64_t{15});
  *--slot = nullptr;  // a return address that ends the walk; keeps the alignment of a call
  *--slot = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; ++i) *--slot = nullptr;
#else
  void** slot = reinterpret_cast<void**>(top & ~uint64_t{15}) - 20;
  std::memset(slot, 0, 160);
  slot[11] = reinterpret_cast<void*>(entry);  // x30, the return address
#endif
  return slot;
}

}  // namespace simt
