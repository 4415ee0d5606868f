// runtime.h: all that compiled kernels ask of the runtime. Headers call these from functions that
// are always inlined, so that the return address, which diagnoses show, lies in the learner's code.
#pragma once

#define SIMT_INLINE inline __attribute__((always_inline))

namespace simt {

// Who am I. Functions, not variables, so that reading them is no memory access of the kernel;
// `const`, because one run of a kernel's code is one thread, so each is asked for at most once.
#define SIMT_NUMBER(name) __attribute__((const)) unsigned name();
#define SIMT_INDEX(name) SIMT_NUMBER(name##_x) SIMT_NUMBER(name##_y) SIMT_NUMBER(name##_z)
SIMT_INDEX(thread_idx)
SIMT_INDEX(block_idx)
SIMT_INDEX(block_dim)
SIMT_INDEX(grid_dim)
SIMT_NUMBER(lane_id)          // 0 to 31 within the warp
SIMT_NUMBER(linear_thread)    // threadIdx as one number, x fastest
SIMT_NUMBER(block_threads)    // threads in a block
#undef SIMT_INDEX
#undef SIMT_NUMBER

// A meeting of the lanes in `mask`. Each passes an object of its own; the last to arrive runs
// `combine` once for all: data[lane] is what `lane` passed, for every lane set in `lanes` (those of
// the mask that have not exited). The compiler's checks do not see what `combine` does.
using Combine = void (*)(unsigned lanes, void* const* data);
void meet_warp(unsigned mask, const char* name, void* data, Combine combine);
void sync_warp(unsigned mask);  // a meeting that also orders memory accesses

// Lanes of this warp that have not exited.
// The lanes of this warp that come to the same place together, as on a device: a meeting without a
// mask, held when no lane of the warp can go on any more.
#define SIMT_CONVERGES 1
unsigned converged_lanes(const char* name);
// The calling lane was given a value of `lane`, which took no part: a finding in checked builds.
void inactive_source(unsigned lane);

// Barrier `id` (0 is __syncthreads) of `threads` threads of the block, 0 for all of them.
void sync_block(unsigned id, unsigned threads);
// All threads meet; the number (vote 0), the conjunction (1) or the disjunction (2) of predicates.
int sync_block_vote(int predicate, int vote);
void sync_grid();  // needs a cooperative launch
bool is_cooperative();

void fence();  // __threadfence: earlier writes are published
void spin();   // this thread cannot go on before another one does something: run the others

// Reads, changes and writes back up to 8 bytes in one step; returns the old bits.
using Change = unsigned long long (*)(unsigned long long old_bits, const void* operand);
unsigned long long change_atomically(void* address, unsigned bytes, Change change,
                                     const void* operand);

// Shared memory as PTX numbers it: byte offsets from the start of the block's shared memory.
unsigned shared_offset(const void* address);
void* shared_pointer(unsigned offset);
bool is_shared(const void* address);
unsigned dynamic_shared_bytes();

// An access the compiler's instrumentation does not see, such as one made inside the runtime.
void announce_read(const void* address, unsigned bytes);
void announce_write(const void* address, unsigned bytes);

// Floating-point operations (in all) the compiler does not emit, such as a matrix instruction's.
void count_flops(unsigned long long operations);

int print(const char* format, ...) __attribute__((format(__printf__, 1, 2)));
[[noreturn]] void fail(const char* text);    // assert, __trap
[[noreturn]] void misuse(const char* text);  // an instruction used in a way no device allows
long long ticks();                           // nanoseconds, for clock64

}  // namespace simt
