// builtins.h: who am I (threadIdx, …), printf, assert, cached loads.
#pragma once

namespace simt {

// Functions, not variables, so that reading them is no memory access of the kernel; `const`,
// because one call of a kernel is one thread, so each is asked for at most once per thread.
#define SIMT_INDEX(name)                      \
  __attribute__((const)) unsigned name##_x(); \
  __attribute__((const)) unsigned name##_y(); \
  __attribute__((const)) unsigned name##_z();
SIMT_INDEX(thread_idx)
SIMT_INDEX(block_idx)
SIMT_INDEX(block_dim)
SIMT_INDEX(grid_dim)
#undef SIMT_INDEX

inline uint3 thread_idx() { return {thread_idx_x(), thread_idx_y(), thread_idx_z()}; }
inline uint3 block_idx() { return {block_idx_x(), block_idx_y(), block_idx_z()}; }
inline dim3 block_dim() { return {block_dim_x(), block_dim_y(), block_dim_z()}; }
inline dim3 grid_dim() { return {grid_dim_x(), grid_dim_y(), grid_dim_z()}; }

int print(const char* format, ...) __attribute__((format(__printf__, 1, 2)));
[[noreturn]] void fail(const char* text);

}  // namespace simt

#define threadIdx (simt::thread_idx())
#define blockIdx (simt::block_idx())
#define blockDim (simt::block_dim())
#define gridDim (simt::grid_dim())
static constexpr int warpSize = 32;

#define printf(...) simt::print(__VA_ARGS__)
#undef assert
#define assert(condition) ((condition) ? (void)0 : simt::fail("assertion failed: " #condition))
inline void __trap() { simt::fail("__trap()"); }

// Loads and stores with a cache hint move the same bytes as plain ones.
#define SIMT_LOAD(name)                      \
  template <class T>                         \
  __forceinline__ T name(const T* address) { \
    return *address;                         \
  }
SIMT_LOAD(__ldg)
SIMT_LOAD(__ldca)
SIMT_LOAD(__ldcg)
SIMT_LOAD(__ldcs)
#undef SIMT_LOAD
#define SIMT_STORE(name)                                               \
  template <class T>                                                   \
  __forceinline__ void name(T* address, std::common_type_t<T> value) { \
    *address = value;                                                  \
  }
SIMT_STORE(__stwb)
SIMT_STORE(__stcg)
SIMT_STORE(__stcs)
SIMT_STORE(__stwt)
#undef SIMT_STORE
