// builtins.h: who am I (threadIdx, …), barriers, fences, printf, assert, cached loads.
#pragma once

namespace simt {
inline uint3 thread_idx() { return {thread_idx_x(), thread_idx_y(), thread_idx_z()}; }
inline uint3 block_idx() { return {block_idx_x(), block_idx_y(), block_idx_z()}; }
inline dim3 block_dim() { return {block_dim_x(), block_dim_y(), block_dim_z()}; }
inline dim3 grid_dim() { return {grid_dim_x(), grid_dim_y(), grid_dim_z()}; }
}  // namespace simt

#define threadIdx (simt::thread_idx())
#define blockIdx (simt::block_idx())
#define blockDim (simt::block_dim())
#define gridDim (simt::grid_dim())
static constexpr int warpSize = 32;

SIMT_INLINE void __syncthreads() { simt::sync_block(0, 0); }
SIMT_INLINE int __syncthreads_count(int predicate) { return simt::sync_block_vote(predicate, 0); }
SIMT_INLINE int __syncthreads_and(int predicate) { return simt::sync_block_vote(predicate, 1); }
SIMT_INLINE int __syncthreads_or(int predicate) { return simt::sync_block_vote(predicate, 2); }
SIMT_INLINE void __threadfence() { simt::fence(); }
SIMT_INLINE void __threadfence_block() { simt::fence(); }
SIMT_INLINE void __threadfence_system() { simt::fence(); }
SIMT_INLINE void __nanosleep(unsigned) { simt::spin(); }

#define printf(...) simt::print(__VA_ARGS__)
#undef assert
#define assert(condition) ((condition) ? (void)0 : simt::fail("assertion failed: " #condition))
SIMT_INLINE void __trap() { simt::fail("__trap()"); }
SIMT_INLINE void __brkpt() {}

// There is no clock of a multiprocessor here: time passes in nanoseconds.
SIMT_INLINE long long clock64() { return simt::ticks(); }
#define clock() (int(clock64()))
#define __clock() (int(clock64()))
#define __globaltimer() ((unsigned long long)clock64())

// Where an address lies.
SIMT_INLINE size_t __cvta_generic_to_shared(const void* p) { return simt::shared_offset(p); }
SIMT_INLINE size_t __cvta_generic_to_global(const void* p) { return size_t(p); }
SIMT_INLINE void* __cvta_shared_to_generic(size_t p) { return simt::shared_pointer(unsigned(p)); }
SIMT_INLINE void* __cvta_global_to_generic(size_t p) { return reinterpret_cast<void*>(p); }
SIMT_INLINE unsigned __isShared(const void* p) { return simt::is_shared(p); }
SIMT_INLINE unsigned __isGlobal(const void* p) { return !simt::is_shared(p); }
#define __builtin_assume(condition) ((void)0)
#define __builtin_assume_aligned(p, ...) (p)

// Loads and stores with a cache hint move the same bytes as plain ones.
#define SIMT_LOAD(name)                    \
  template <class T>                       \
  SIMT_INLINE T name(const T* address) {   \
    return *address;                       \
  }
SIMT_LOAD(__ldg)
SIMT_LOAD(__ldca)
SIMT_LOAD(__ldcg)
SIMT_LOAD(__ldcs)
SIMT_LOAD(__ldlu)
SIMT_LOAD(__ldcv)
#undef SIMT_LOAD
#define SIMT_STORE(name)                                             \
  template <class T>                                                 \
  SIMT_INLINE void name(T* address, std::common_type_t<T> value) {   \
    *address = value;                                                \
  }
SIMT_STORE(__stwb)
SIMT_STORE(__stcg)
SIMT_STORE(__stcs)
SIMT_STORE(__stwt)
#undef SIMT_STORE
