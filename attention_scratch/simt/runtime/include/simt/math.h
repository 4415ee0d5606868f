// math.h: CUDA's mathematical functions that the C++ library lacks, and those it would compute
// otherwise.
//
// A GPU's float functions err by an ulp or two, and its approximations (__expf, __fdividef, …) by
// more. No two architectures agree on the bits, so here all of them are the accurate functions: a
// kernel that needs less accuracy than it gets is right on both.
#pragma once

#include <math.h>    // exp(float), isnan, … without std::, as CUDA has them
#include <stdlib.h>  // abs(float) likewise; C's abs takes integers only

#include "convert.h"
#include "integer.h"

// --- The smaller and the larger. A NaN loses against a number; +0 is above -0. ---

namespace simt {

template <class F>
SIMT_INLINE F larger(F a, F b) {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  if (a == b) return bits_as<F>(Bits(bits_as<Bits>(a) & bits_as<Bits>(b)));
  const F larger = a > b ? a : b;
  return b != b ? a : larger;
}
template <class F>
SIMT_INLINE F smaller(F a, F b) {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  if (a == b) return bits_as<F>(Bits(bits_as<Bits>(a) | bits_as<Bits>(b)));
  const F smaller = a < b ? a : b;
  return b != b ? a : smaller;
}

}  // namespace simt

// CUDA's overloads, and no others: max(1, 2.0f) is ambiguous here as it is to nvcc.
#define SIMT_MIN_MAX(T, A, B)                                     \
  constexpr T min(A a, B b) { return (T)b < (T)a ? (T)b : (T)a; } \
  constexpr T max(A a, B b) { return (T)a < (T)b ? (T)b : (T)a; }
#define SIMT_MIN_MAX_SIGNS(T, U) \
  SIMT_MIN_MAX(T, T, T) SIMT_MIN_MAX(U, U, U) SIMT_MIN_MAX(U, T, U) SIMT_MIN_MAX(U, U, T)
SIMT_MIN_MAX_SIGNS(int, unsigned)
SIMT_MIN_MAX_SIGNS(long, unsigned long)
SIMT_MIN_MAX_SIGNS(long long, unsigned long long)
#undef SIMT_MIN_MAX_SIGNS
#undef SIMT_MIN_MAX
#define SIMT_MIN_MAX_FLOAT(T, A, B)                              \
  SIMT_INLINE T min(A a, B b) { return simt::smaller<T>(a, b); } \
  SIMT_INLINE T max(A a, B b) { return simt::larger<T>(a, b); }
SIMT_MIN_MAX_FLOAT(float, float, float)
SIMT_MIN_MAX_FLOAT(double, double, double)
SIMT_MIN_MAX_FLOAT(double, float, double)
SIMT_MIN_MAX_FLOAT(double, double, float)
#undef SIMT_MIN_MAX_FLOAT
SIMT_INLINE unsigned umin(unsigned a, unsigned b) { return min(a, b); }
SIMT_INLINE unsigned umax(unsigned a, unsigned b) { return max(a, b); }
SIMT_INLINE long long llmin(long long a, long long b) { return min(a, b); }
SIMT_INLINE long long llmax(long long a, long long b) { return max(a, b); }
SIMT_INLINE unsigned long long ullmin(unsigned long long a, unsigned long long b) {
  return min(a, b);
}
SIMT_INLINE unsigned long long ullmax(unsigned long long a, unsigned long long b) {
  return max(a, b);
}
// The C library's fmaxf is a call, and may return either zero.
#define fminf(a, b) simt::smaller<float>(a, b)
#define fmaxf(a, b) simt::larger<float>(a, b)

// --- Functions the C++ library lacks. A float's are computed in double. ---

namespace simt {

// x modulo 2 in quarters of a turn: sin(pi x) = sin(pi rest + pi / 2 * quarters).
struct Turn {
  double rest;
  int quarters;
};
SIMT_INLINE Turn turn(double x) {
  const double in_two = x - 2 * __builtin_rint(x / 2), quarters = __builtin_rint(2 * in_two);
  return {in_two - quarters / 2, int(quarters) & 3};
}
SIMT_INLINE double sine(Turn t) {
  const double angle = t.rest * 3.14159265358979323846;
  const double value = t.quarters & 1 ? __builtin_cos(angle) : __builtin_sin(angle);
  return t.quarters & 2 ? -value : value;
}

}  // namespace simt

SIMT_INLINE double rsqrt(double x) { return 1 / __builtin_sqrt(x); }
SIMT_INLINE double rcbrt(double x) { return 1 / __builtin_cbrt(x); }
// erfc is steep: at a rounded -x / sqrt(2) it errs, so its slope mends what the rounding left out.
SIMT_INLINE double normcdf(double x) {
  constexpr double root = 0.70710678118654752440, root_low = -4.8336466567264567e-17;
  const double high = -x * root;
  if (!(high - high == 0)) return __builtin_erfc(high) / 2;
  const double low = __builtin_fma(-x, root, -high) - x * root_low;
  return (__builtin_erfc(high) - low * 1.12837916709551257390 * __builtin_exp(-high * high)) / 2;
}
SIMT_INLINE double sinpi(double x) {
  const bool is_finite = x - x == 0, is_whole = is_finite && x == __builtin_trunc(x);
  if (is_whole) return __builtin_copysign(0.0, x);
  return is_finite ? simt::sine(simt::turn(x)) : x - x;
}
SIMT_INLINE double cospi(double x) {
  if (!(x - x == 0)) return x - x;
  const simt::Turn t = simt::turn(x);
  const double value = simt::sine({t.rest, t.quarters + 1});
  return value == 0 ? 0 : value;
}
SIMT_INLINE void sincospi(double x, double* sine, double* cosine) {
  *sine = sinpi(x);
  *cosine = cospi(x);
}
SIMT_INLINE double norm3d(double a, double b, double c) {
  return __builtin_sqrt(a * a + b * b + c * c);
}
SIMT_INLINE double norm4d(double a, double b, double c, double d) {
  return __builtin_sqrt(a * a + b * b + c * c + d * d);
}
SIMT_INLINE double rnorm3d(double a, double b, double c) { return 1 / norm3d(a, b, c); }
SIMT_INLINE double rnorm4d(double a, double b, double c, double d) {
  return 1 / norm4d(a, b, c, d);
}
SIMT_INLINE double rhypot(double a, double b) { return 1 / __builtin_hypot(a, b); }

#define SIMT_FLOAT_OF(name, of)                                       \
  SIMT_INLINE float name##f(float x) { return float(of(double(x))); } \
  SIMT_INLINE float name(float x) { return name##f(x); }
SIMT_FLOAT_OF(rsqrt, rsqrt)
SIMT_FLOAT_OF(rcbrt, rcbrt)
SIMT_FLOAT_OF(normcdf, normcdf)
SIMT_FLOAT_OF(sinpi, sinpi)
SIMT_FLOAT_OF(cospi, cospi)
#undef SIMT_FLOAT_OF
SIMT_INLINE void sincospif(float x, float* sine, float* cosine) {
  *sine = sinpif(x);
  *cosine = cospif(x);
}
SIMT_INLINE float norm3df(float a, float b, float c) { return float(norm3d(a, b, c)); }
SIMT_INLINE float norm4df(float a, float b, float c, float d) { return float(norm4d(a, b, c, d)); }
SIMT_INLINE float rnorm3df(float a, float b, float c) { return float(rnorm3d(a, b, c)); }
SIMT_INLINE float rnorm4df(float a, float b, float c, float d) {
  return float(rnorm4d(a, b, c, d));
}
SIMT_INLINE float rhypotf(float a, float b) { return float(rhypot(a, b)); }
SIMT_INLINE float fdividef(float a, float b) { return a / b; }
SIMT_INLINE float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1) : 0; }  // NaN to +0

// --- Approximations. glibc has functions of these names, hence the macros. ---

#define __expf simt_expf
#define __exp2f simt_exp2f
#define __exp10f simt_exp10f
#define __logf simt_logf
#define __log2f simt_log2f
#define __log10f simt_log10f
#define __sinf simt_sinf
#define __cosf simt_cosf
#define __sincosf simt_sincosf
#define __tanf simt_tanf
#define __tanhf simt_tanhf
#define __powf simt_powf
SIMT_INLINE float __expf(float x) { return __builtin_expf(x); }
SIMT_INLINE float __exp2f(float x) { return __builtin_exp2f(x); }
SIMT_INLINE float __exp10f(float x) { return float(__builtin_pow(10, x)); }
SIMT_INLINE float __logf(float x) { return __builtin_logf(x); }
SIMT_INLINE float __log2f(float x) { return __builtin_log2f(x); }
SIMT_INLINE float __log10f(float x) { return __builtin_log10f(x); }
SIMT_INLINE float __sinf(float x) { return __builtin_sinf(x); }
SIMT_INLINE float __cosf(float x) { return __builtin_cosf(x); }
SIMT_INLINE void __sincosf(float x, float* sine, float* cosine) {
  *sine = __sinf(x);
  *cosine = __cosf(x);
}
SIMT_INLINE float __tanf(float x) { return __builtin_tanf(x); }
SIMT_INLINE float __tanhf(float x) { return __builtin_tanhf(x); }
// On a GPU 2^(y log2 x), so that, unlike of powf, of a negative x nothing comes but NaN.
SIMT_INLINE float __powf(float x, float y) {
  return float(__builtin_exp2(y * __builtin_log2(double(x))));
}
// A divisor above 2^126 has no reciprocal on a GPU but 0: so says CUDA's manual.
SIMT_INLINE float __fdividef(float a, float b) {
  return __builtin_fabsf(b) > 0x1p126f ? a * __builtin_copysignf(0, b) : a / b;
}

// --- Arithmetic in a stated rounding mode, and never fused into a multiply-add. ---

namespace simt {

// Where terms cancel exactly, rounding down makes -0 of it.
template <Round R>
SIMT_INLINE float rounded_sum(float nearest, Sum exact, bool both_positive) {
  if (R == Round::down && nearest == 0 && exact.high == 0) return both_positive ? 0.0f : -0.0f;
  return directed<R>(nearest, (exact.high - double(nearest)) + exact.low);
}
template <Round R>
SIMT_INLINE float add(float a, float b) {
  a = unfused(a), b = unfused(b);
  const bool both_positive = !__builtin_signbit(a) && !__builtin_signbit(b);
  return rounded_sum<R>(a + b, exact_sum(double(a), double(b)), both_positive);
}
template <Round R>
SIMT_INLINE float multiply(float a, float b) {
  const float nearest = unfused(a * b);
  return directed<R>(nearest, double(a) * double(b) - double(nearest));  // 48 bits: exact
}
template <Round R>
SIMT_INLINE float multiply_add(float a, float b, float c) {
  const double product = double(a) * double(b);
  const bool both_positive = !__builtin_signbit(product) && !__builtin_signbit(c);
  return rounded_sum<R>(__builtin_fmaf(a, b, c), exact_sum(product, double(c)), both_positive);
}
template <Round R>
SIMT_INLINE float divide(float a, float b) {
  const float nearest = a / b;
  const double rest = __builtin_fma(-double(nearest), double(b), double(a));  // times b
  return directed<R>(nearest, __builtin_signbit(b) ? -rest : rest);
}
template <Round R>
SIMT_INLINE float square_root(float x) {
  const float nearest = __builtin_sqrtf(x);
  return directed<R>(nearest, __builtin_fma(-double(nearest), double(nearest), double(x)));
}

}  // namespace simt

#define SIMT_ARITHMETIC(suffix, mode, ...)                                                  \
  SIMT_INLINE float __fadd##suffix(float a, float b) { return simt::add<mode>(a, b); }      \
  SIMT_INLINE float __fsub##suffix(float a, float b) { return simt::add<mode>(a, -b); }     \
  SIMT_INLINE float __fmul##suffix(float a, float b) { return simt::multiply<mode>(a, b); } \
  SIMT_INLINE float __fdiv##suffix(float a, float b) { return simt::divide<mode>(a, b); }   \
  SIMT_INLINE float __frcp##suffix(float x) { return simt::divide<mode>(1, x); }            \
  SIMT_INLINE float __fsqrt##suffix(float x) { return simt::square_root<mode>(x); }         \
  SIMT_INLINE float __fmaf##suffix(float a, float b, float c) {                             \
    return simt::multiply_add<mode>(a, b, c);                                               \
  }
SIMT_IN_EACH_MODE(SIMT_ARITHMETIC, )
#undef SIMT_ARITHMETIC
SIMT_INLINE float __frsqrt_rn(float x) { return rsqrtf(x); }
SIMT_INLINE double __dadd_rn(double a, double b) { return simt::unfused(a) + simt::unfused(b); }
SIMT_INLINE double __dsub_rn(double a, double b) { return simt::unfused(a) - simt::unfused(b); }
SIMT_INLINE double __dmul_rn(double a, double b) { return simt::unfused(a * b); }
SIMT_INLINE double __ddiv_rn(double a, double b) { return a / b; }
SIMT_INLINE double __drcp_rn(double x) { return 1 / x; }
SIMT_INLINE double __dsqrt_rn(double x) { return __builtin_sqrt(x); }
SIMT_INLINE double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
