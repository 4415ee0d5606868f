// keywords.h: CUDA's words for functions and variables.
#pragma once

// Kernels keep their own frame (noinline), so that an address in them belongs to them.
#define __global__ __attribute__((used, noinline, visibility("default")))
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __maxnreg__(...)
#define __grid_constant__
#define __align__(bytes) __attribute__((aligned(bytes)))

// A block runs on one operating-system thread, so what is that thread's own is the block's own.
#if defined(__clang__)
#define SIMT_SHARED thread_local
#else
#define SIMT_SHARED __constinit thread_local
#endif
// Aligned as arrays lie in practice: kernels read them through wider types, as float4.
#define __shared__ SIMT_SHARED __attribute__((aligned(32)))
#define __constant__
#define __managed__ simt_refused_managed

#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
#define __CUDA_ARCH__ 900
#define __CUDACC_VER_MAJOR__ 13
#define __CUDACC_VER_MINOR__ 0
