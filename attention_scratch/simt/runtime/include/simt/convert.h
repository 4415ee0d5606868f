// convert.h: from one kind of number to another in a stated rounding mode: _rn to the nearest (ties
// to even), _rz toward zero, _rd down, _ru up. What does not fit an integer saturates, as on a GPU.
#pragma once

namespace simt {

enum class Round { nearest, zero, down, up };

template <class To, class From>
SIMT_INLINE To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

// Keeps the compiler from fusing the operation that made x into a fused multiply-add.
template <class T>
SIMT_INLINE T unfused(T x) {
#if defined(__x86_64__)
  __asm__("" : "+x"(x));
#elif defined(__aarch64__)
  __asm__("" : "+w"(x));
#else
  __asm__("" : "+m"(x));
#endif
  return x;
}

// The neighbors of a floating-point number: one step up or down in its order.
template <class F>
SIMT_INLINE F stepped(F x, bool up) {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  constexpr Bits sign = Bits(1) << (8 * sizeof(F) - 1);
  const Bits bits = bits_as<Bits>(x);
  if (!(bits & ~sign)) return bits_as<F>(up ? Bits(1) : sign | 1);
  return bits_as<F>(up == !(bits & sign) ? bits + 1 : bits - 1);
}

// A number rounded to nearest, corrected to mode R; `rest` is what rounding left out. Only its sign
// counts; it is NaN, and nothing is to correct, where the number itself is infinite.
template <Round R, class F>
SIMT_INLINE F directed(F nearest, double rest) {
  const bool is_negative = __builtin_signbit(nearest);
  if constexpr (R == Round::down) return rest < 0 ? stepped(nearest, false) : nearest;
  if constexpr (R == Round::up) return rest > 0 ? stepped(nearest, true) : nearest;
  if constexpr (R == Round::zero) {
    if (is_negative ? rest > 0 : rest < 0) return stepped(nearest, is_negative);
  }
  return nearest;
}

// A sum of two doubles that no double holds: high + low, where high is the sum rounded.
struct Sum {
  double high, low;
};
SIMT_INLINE Sum exact_sum(double a, double b) {
  const double high = a + b, b_part = high - a;
  return {high, (a - (high - b_part)) + (b - b_part)};
}

template <class Integer>
SIMT_INLINE Sum exact_sum(Integer i) {
  const Integer low = Integer(i & Integer(0x7ff));  // 64 bits less 11 are a double's 53
  return {double(Integer(i - low)), double(low)};
}

// high + low as a float, rounded to odd: an inexact result is whichever of the two neighbors has an
// odd last bit. Rounding it once more, to 22 bits or fewer, gives what rounding the exact number
// would have given: the odd bit marks it as neither representable nor a midpoint.
SIMT_INLINE float odd_float(Sum x) {
  const float nearest = float(x.high);
  const double rest = (x.high - double(nearest)) + x.low;
  const uint32_t bits = bits_as<uint32_t>(nearest);
  if ((rest < 0 || rest > 0) && !(bits & 1)) return stepped(nearest, rest > 0);
  return nearest;
}

template <Round R, class F>
SIMT_INLINE F to_whole(F x) {
  if constexpr (sizeof(F) == 4) {
    if constexpr (R == Round::nearest) return __builtin_rintf(x);
    if constexpr (R == Round::zero) return __builtin_truncf(x);
    if constexpr (R == Round::down) return __builtin_floorf(x);
    return __builtin_ceilf(x);
  } else {
    if constexpr (R == Round::nearest) return __builtin_rint(x);
    if constexpr (R == Round::zero) return __builtin_trunc(x);
    if constexpr (R == Round::down) return __builtin_floor(x);
    return __builtin_ceil(x);
  }
}

// NaN becomes 0, but from a double, or to 64 bits, it becomes the number whose only bit is the
// highest: so says the PTX manual's cvt.
template <class Integer, Round R, class F>
SIMT_INLINE Integer to_integer(F x) {
  using Unsigned = std::make_unsigned_t<Integer>;
  constexpr int width = 8 * sizeof(Integer);
  constexpr auto highest_bit = Integer(Unsigned(1) << (width - 1));
  constexpr Integer largest = std::is_signed_v<Integer> ? Integer(~highest_bit) : Integer(-1);
  constexpr Integer least = std::is_signed_v<Integer> ? highest_bit : Integer(0);
  // 2^31, 2^32, … are exact in every type, the largest integer itself is not.
  constexpr F limit = F(Unsigned(1) << (width - 1)) * (std::is_signed_v<Integer> ? 1 : 2);
  if (x != x) return sizeof(F) == 8 || width == 64 ? highest_bit : Integer(0);
  const F whole = to_whole<R>(x);
  if (whole >= limit) return largest;
  return whole < F(least) ? least : Integer(whole);
}

template <Round R>
SIMT_INLINE float to_float(Sum x) {
  const float nearest = float(x.high);
  return directed<R>(nearest, (x.high - double(nearest)) + x.low);
}
template <Round R, class Integer>
SIMT_INLINE float integer_to_float(Integer i) {
  const Sum x = exact_sum(i);
  return directed<R>(float(i), (x.high - double(float(i))) + x.low);
}
template <Round R, class Integer>
SIMT_INLINE double integer_to_double(Integer i) {
  return directed<R>(double(i), double(__int128(i) - __int128(double(i))));
}

}  // namespace simt

#define SIMT_IN_EACH_MODE(define, ...)                                                       \
  define(_rn, simt::Round::nearest, __VA_ARGS__) define(_rz, simt::Round::zero, __VA_ARGS__) \
      define(_rd, simt::Round::down, __VA_ARGS__) define(_ru, simt::Round::up, __VA_ARGS__)

#define SIMT_TO_INTEGER(suffix, mode, name, From, To) \
  SIMT_INLINE To name##suffix(From x) { return simt::to_integer<To, mode>(x); }
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __float2int, float, int)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __float2uint, float, unsigned)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __float2ll, float, long long)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __float2ull, float, unsigned long long)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __double2int, double, int)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __double2uint, double, unsigned)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __double2ll, double, long long)
SIMT_IN_EACH_MODE(SIMT_TO_INTEGER, __double2ull, double, unsigned long long)
#undef SIMT_TO_INTEGER

#define SIMT_TO_FLOAT(suffix, mode, name, From, To, convert) \
  SIMT_INLINE To name##suffix(From x) { return simt::convert<mode>(x); }
SIMT_IN_EACH_MODE(SIMT_TO_FLOAT, __int2float, int, float, integer_to_float)
SIMT_IN_EACH_MODE(SIMT_TO_FLOAT, __uint2float, unsigned, float, integer_to_float)
SIMT_IN_EACH_MODE(SIMT_TO_FLOAT, __ll2float, long long, float, integer_to_float)
SIMT_IN_EACH_MODE(SIMT_TO_FLOAT, __ull2float, unsigned long long, float, integer_to_float)
SIMT_IN_EACH_MODE(SIMT_TO_FLOAT, __ll2double, long long, double, integer_to_double)
SIMT_IN_EACH_MODE(SIMT_TO_FLOAT, __ull2double, unsigned long long, double, integer_to_double)
#undef SIMT_TO_FLOAT
#define SIMT_DOUBLE_TO_FLOAT(suffix, mode, name) \
  SIMT_INLINE float name##suffix(double x) { return simt::to_float<mode>({x, 0}); }
SIMT_IN_EACH_MODE(SIMT_DOUBLE_TO_FLOAT, __double2float)
#undef SIMT_DOUBLE_TO_FLOAT
SIMT_INLINE double __int2double_rn(int x) { return x; }
SIMT_INLINE double __uint2double_rn(unsigned x) { return x; }

SIMT_INLINE int __float_as_int(float x) { return simt::bits_as<int>(x); }
SIMT_INLINE unsigned __float_as_uint(float x) { return simt::bits_as<unsigned>(x); }
SIMT_INLINE float __int_as_float(int x) { return simt::bits_as<float>(x); }
SIMT_INLINE float __uint_as_float(unsigned x) { return simt::bits_as<float>(x); }
SIMT_INLINE long long __double_as_longlong(double x) { return simt::bits_as<long long>(x); }
SIMT_INLINE double __longlong_as_double(long long x) { return simt::bits_as<double>(x); }
SIMT_INLINE int __double2hiint(double x) { return int(simt::bits_as<uint64_t>(x) >> 32); }
SIMT_INLINE int __double2loint(double x) { return int(simt::bits_as<uint64_t>(x)); }
SIMT_INLINE double __hiloint2double(int high, int low) {
  return simt::bits_as<double>(uint64_t(unsigned(high)) << 32 | unsigned(low));
}
