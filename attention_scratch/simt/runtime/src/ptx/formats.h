// formats.h: number formats as the kernels' own headers define them: one rounding for both.
#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "../../include/simt/runtime.h"
// After SIMT_INLINE.
#include "../../include/simt/float16_formats.h"
