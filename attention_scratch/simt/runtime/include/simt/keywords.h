// keywords.h: CUDA's function qualifiers.
#pragma once

// Kernels keep their own frame (noinline), so that an address in them belongs to them.
#define __global__ __attribute__((used, noinline, visibility("default")))

// A harmless attribute that compilers allow on functions only: a __device__ *variable* is an error,
// because memory that outlives a launch is not checked by this emulator yet.
#define __device__ __attribute__((no_instrument_function))
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) __attribute__((aligned(bytes)))

#define __CUDACC_RTC__ 1
#define __CUDA_ARCH__ 750
