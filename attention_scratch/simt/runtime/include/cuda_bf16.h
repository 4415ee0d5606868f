// cuda_bf16.h: __nv_bfloat16 and __nv_bfloat162.
#pragma once

#include "cuda_fp16.h"

#define SIMT_T __nv_bfloat16
#define SIMT_T2 __nv_bfloat162
#define SIMT_RAW __nv_bfloat16_raw
#define SIMT_RAW2 __nv_bfloat162_raw
#define SIMT_OTHER __half
#define SIMT_FORMAT simt::Bfloat16Format
#define SIMT_NAMED(a, b) a##bfloat16##b
#include "simt/float16.h"
#undef SIMT_NAMED
#undef SIMT_FORMAT
#undef SIMT_OTHER
#undef SIMT_RAW2
#undef SIMT_RAW
#undef SIMT_T2
#undef SIMT_T

SIMT_INLINE __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 x) { return {x, x}; }

// Either is exact in float.
SIMT_INLINE __half::__half(__nv_bfloat16 x) : __half(float(x)) {}
SIMT_INLINE __nv_bfloat16::__nv_bfloat16(__half x) : __nv_bfloat16(float(x)) {}

using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;
