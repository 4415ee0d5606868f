// cuda_fp16.h: half and half2.
#pragma once

#include "simt/float16_formats.h"

struct __half;
struct __nv_bfloat16;

#define SIMT_T __half
#define SIMT_T2 __half2
#define SIMT_RAW __half_raw
#define SIMT_RAW2 __half2_raw
#define SIMT_OTHER __nv_bfloat16
#define SIMT_FORMAT simt::HalfFormat
#define SIMT_NAMED(a, b) a##half##b
#include "simt/float16.h"
#undef SIMT_NAMED
#undef SIMT_FORMAT
#undef SIMT_OTHER
#undef SIMT_RAW2
#undef SIMT_RAW
#undef SIMT_T2
#undef SIMT_T

SIMT_INLINE __half2 __half2half2(__half x) { return {x, x}; }

using half = __half;
using half2 = __half2;
using __nv_half = __half;
using __nv_half2 = __half2;
using __nv_half_raw = __half_raw;
using __nv_half2_raw = __half2_raw;
using nv_half = __half;
using nv_half2 = __half2;
