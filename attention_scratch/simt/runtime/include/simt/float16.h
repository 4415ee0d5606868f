// float16.h: everything of one 16-bit floating-point type. Included once for each, with the names
// that float16_class.h lists.

// clang-format off: each builds on those before it.
#include "float16_class.h"
#include "float16_arithmetic.h"
#include "float16_comparison.h"
#include "float16_conversion.h"
#include "float16_functions.h"
// clang-format on

#undef SIMT_PAIRED1
#undef SIMT_PAIRED2
#undef SIMT_PAIRED3
