// services.h: what instructions implemented inside the runtime (PTX, asynchronous copies) ask of
// it: the functions of runtime.h with the program counter that diagnoses show.
#pragma once
#include <cstdint>

#include "abi.h"

namespace simt {

using Combine = void (*)(unsigned lanes, void* const* data);
// Volatile accesses are how threads without atomics talk to each other: they do not race.
enum class Access : uint32_t { read = 0, write = 1, atomic = 2, volatile_read = 3,
                              volatile_write = 4, issued_write = 5 };
// issued_write: an asynchronous copy has begun; it lands with a write of the same pc.
inline bool writes(Access how) { return how != Access::read && how != Access::volatile_read; }
inline bool is_atomic(Access how) { return how >= Access::atomic && how <= Access::volatile_write; }

void meet_warp_at(uint32_t mask, const char* name, void* data, Combine combine, uint64_t pc);
uint32_t converge_at(const char* name, uint64_t pc);  // the lanes that are here with the caller
void sync_block_at(uint32_t id, uint32_t threads, uint64_t pc);  // bar.sync
void arrive_block_at(uint32_t id, uint32_t threads, uint64_t pc);  // bar.arrive
void fence_at(uint64_t pc);
void spin_at(uint64_t pc);  // let the other threads run
void access_at(uint64_t address, uint32_t bytes, Access how, uint64_t pc);  // checks and counts it
void count_flops_at(uint64_t operations, uint64_t pc);
// Ends the calling thread with a finding; `format` as printf's.
[[noreturn]] void fail_at(Kind kind, uint64_t pc, const char* format, ...)
    __attribute__((format(__printf__, 3, 4)));

uint64_t shared_base();   // shared memory of the running block: PTX's address 0
uint64_t shared_bytes();  // of it, static and dynamic

// What threads of a block knew and had done when they arrived somewhere (mbarrier): for each warp,
// the epoch before which its accesses are known.
struct Arrivals {
  uint32_t seen[32] = {};
};
void publish(Arrivals& arrivals);        // the caller arrives
void acquire(const Arrivals& arrivals);  // it goes on behind them, and may rely on what they did

// Copies in flight of the calling thread (async_copy.h); emptied when the thread ends.
struct AsyncCopies;
AsyncCopies& async_copies_now();

// Who am I.
uint32_t lane_id_now();
uint32_t warp_id_now();
uint32_t linear_thread_now();

}  // namespace simt
