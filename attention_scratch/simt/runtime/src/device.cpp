// device.cpp: what a kernel asks of its surroundings: who am I, atomics, printf, assert.
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "worker.h"

namespace simt {

#define SIMT_PC uint64_t(__builtin_return_address(0))
#define SIMT_INDEX(name, where)               \
  unsigned name##_x() { return (where).x; }   \
  unsigned name##_y() { return (where).y; }   \
  unsigned name##_z() { return (where).z; }
SIMT_INDEX(thread_idx, current_thread->index)
SIMT_INDEX(block_idx, current_thread->block->index)
#undef SIMT_INDEX
#define SIMT_SIZE(name, member)                                                 \
  unsigned name##_x() { return current_worker->launch->member[0]; }             \
  unsigned name##_y() { return current_worker->launch->member[1]; }             \
  unsigned name##_z() { return current_worker->launch->member[2]; }
SIMT_SIZE(block_dim, block)
SIMT_SIZE(grid_dim, grid)
#undef SIMT_SIZE
unsigned lane_id() { return current_thread->lane; }
unsigned linear_thread() { return current_thread->linear; }
unsigned block_threads() { return current_worker->thread_count; }

uint32_t lane_id_now() { return current_thread->lane; }
uint32_t warp_id_now() { return current_thread->warp; }
uint32_t linear_thread_now() { return current_thread->linear; }
AsyncCopies& async_copies_now() { return current_thread->copies; }

uint64_t shared_base() { return current_worker->shared_base; }
uint64_t shared_bytes() { return current_worker->launch->shared_bytes; }
unsigned shared_offset(const void* address) { return unsigned(uint64_t(address) - shared_base()); }
void* shared_pointer(unsigned offset) { return reinterpret_cast<void*>(shared_base() + offset); }
bool is_shared(const void* address) { return uint64_t(address) - shared_base() < shared_bytes(); }
unsigned dynamic_shared_bytes() { return unsigned(current_worker->launch->dynamic_bytes); }

void fence_at(uint64_t) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  Thread& thread = *current_thread;
  if (current_worker->launch->checked) note_fence(*thread.block, thread);
}

void fence() {
  RuntimeSection section;
  fence_at(SIMT_PC);
}

void spin_at(uint64_t pc) {
  if (stop_wanted(*current_worker->launch)) stop_here(*current_worker, pc);
  park(*current_thread->block, State::spinning, pc);
}

void spin() {
  RuntimeSection section;
  spin_at(SIMT_PC);
}

namespace {

template <class Bits>
unsigned long long change(void* address, unsigned long long (*f)(unsigned long long, const void*),
                          const void* operand) {
  Bits* place = static_cast<Bits*>(address);
  Bits old = __atomic_load_n(place, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(place, &old, Bits(f(old, operand)), false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED)) {
  }
  return old;
}

}  // namespace

unsigned long long change_atomically(void* address, unsigned bytes,
                                     unsigned long long (*f)(unsigned long long, const void*),
                                     const void* operand) {
  on_access(uint64_t(address), bytes, Access::atomic, SIMT_PC);
  switch (bytes) {
    case 1: return change<uint8_t>(address, f, operand);
    case 2: return change<uint16_t>(address, f, operand);
    case 4: return change<uint32_t>(address, f, operand);
    default: return change<uint64_t>(address, f, operand);
  }
}

void announce_read(const void* address, unsigned bytes) {
  on_access(uint64_t(address), bytes, Access::read, SIMT_PC);
}

void announce_write(const void* address, unsigned bytes) {
  on_access(uint64_t(address), bytes, Access::write, SIMT_PC);
}

void count_flops_at(uint64_t operations, uint64_t) { current_worker->flops += operations; }
void count_flops(unsigned long long operations) { current_worker->flops += operations; }

// As on a GPU, output beyond a fixed buffer is lost; the launch still succeeds.
constexpr size_t kPrintfBytes = 1 << 20;

int print(const char* format, ...) {
  RuntimeSection section;
  std::string& output = section.worker.output;
  char line[4096];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0) {
    const size_t kept = size_t(length) < sizeof line ? size_t(length) : sizeof line - 1;
    if (output.size() + kept <= kPrintfBytes) output.append(line, kept);
  }
  return length;
}

void fail(const char* text) {
  RuntimeSection section;
  fail_at(kAssertion, SIMT_PC, "%s", text);
}

void misuse(const char* text) {
  RuntimeSection section;
  fail_at(kMisuse, SIMT_PC, "%s", text);
}

long long ticks() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

}  // namespace simt
