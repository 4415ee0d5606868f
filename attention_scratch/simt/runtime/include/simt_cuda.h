// simt_cuda.h: CUDA C++ for a CPU compiler. The emulator puts it in front of every .cu file, as
// NVRTC puts its own built-in header there; the .cu file itself stays as it is.
//
// What is missing here is missing on purpose: a kernel that uses it does not compile, and the
// emulator says which feature that was. Nothing is accepted and then computed differently.
#pragma once

#include <cfloat>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <type_traits>
#include <utility>

// Order matters: each builds on those before it, and what is refused comes last.
// clang-format off
#include "simt/runtime.h"
#include "simt/keywords.h"
#include "simt/vectors.h"
#include "simt/builtins.h"
#include "simt/math.h"
#include "simt/atomics.h"
#if __has_include("simt/warp.h")
#include "simt/warp.h"
#endif
#if __has_include("simt/ptx.h")
#include "simt/ptx.h"
#endif
#include "simt/entry.h"
#include "simt/refused.h"
// clang-format on
