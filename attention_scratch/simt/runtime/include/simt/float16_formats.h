// float16_formats.h: the two 16-bit floating-point formats as bits, to and from float.
//
// Arithmetic on them is exact arithmetic rounded once. These facts make that cheap:
// - Float has 24 bits, 2 · 11 + 2 of half's 11. So a half sum, difference, product, quotient or
//   root that is rounded to float and then to half is what one rounding gives (Figueroa, 1995), and
//   the same holds for the 8 bits of bfloat16, while the float is normal.
// - Where results of 16 bits are subnormal: sums are exact in float. Half's other results are
//   normal floats; a quotient a / b differs from a midpoint m, if at all, by at least 2⁻²³ m, since
//   a − m · b is a multiple of the units of m and b. Bfloat16's may be subnormal floats: a product
//   of 16 bits that is at least 2⁻¹³⁴, where results stop being 0, is exact; a quotient differs
//   from a midpoint by 2⁻¹³⁴ · 2⁻⁸ at least, and float rounds it by less than 2⁻¹⁴⁹.
// - A double is rounded to float "to odd" first: the last bit is set where anything was lost.
//   Rounding that to 16 bits, in any mode, still sees on which side of a midpoint the double lies.
//   Float has 13 or 16 bits more than the target at every exponent, two are enough.
// A profile counts what is computed here: one operation for each of the kernel's, two for an fma.
#pragma once

#include "convert.h"

namespace simt {

constexpr uint16_t kNan16 = 0x7fff;  // what every operation of both formats returns for NaN

SIMT_INLINE float to_odd(double x) {
  const float nearest = float(x);
  if (double(nearest) == x || bits_as<uint32_t>(nearest) & 1) return nearest;
  return stepped(nearest, x > double(nearest));
}

// An integer likewise. Of more than 53 bits, which double holds, the lowest 11 become one.
template <class Integer>
SIMT_INLINE float integer_to_odd(Integer i) {
  if constexpr (sizeof i < 8) return to_odd(double(i));
  const bool is_negative = i < 0;
  unsigned long long size = is_negative ? 0 - (unsigned long long)i : (unsigned long long)i;
  if (size >> 53) size = (size & ~0x7ffull) | (size & 0x7ff ? 0x800 : 0);
  return to_odd(is_negative ? -double(size) : double(size));
}

// product + addend for a product of up to 22 bits and an addend of up to 11, in double, or a number
// on the same side of every midpoint. The double sum is exact or close to the larger term. Where
// that is the addend, a number of the format, both are rounded to it. Where it is a product, which
// may be a midpoint, the product is moved a little towards the sum instead. (A half product so much
// larger than a half has no finite half near it.)
SIMT_INLINE double add_to_product(double product, double addend) {
  const auto exponent = [](double x) { return int(bits_as<uint64_t>(x) >> 52 & 0x7ff); };
  const bool is_tiny =
      addend != 0 && exponent(product) < 0x7ff && exponent(product) - exponent(addend) > 40;
  return is_tiny ? stepped(product, addend > 0) : product + addend;
}

// Rounds to a format that keeps float's fraction but for its last `drop` bits and whose smallest
// normal number has float's exponent field `least`.
template <Round R, int drop, unsigned least>
SIMT_INLINE uint16_t rounded_bits(float x, uint16_t infinity) {
  const uint32_t all = bits_as<uint32_t>(x), size = all & 0x7fffffff, field = size >> 23;
  const bool is_negative = all >> 31;
  if (size > 0x7f800000) return kNan16;
  uint32_t scaled = size - ((least - 1) << 23);  // the exponent field rebased, the fraction kept
  int shift = drop;
  if (field < least) {  // subnormal in the format: shift the fraction and its leading 1
    scaled = (size & 0x7fffff) | (field ? 0x800000 : 0);
    shift = least - (field ? field : 1) + drop;
    if (shift > 31) shift = 31;
  }
  uint32_t kept = scaled >> shift;
  const uint32_t lost = scaled - (kept << shift), half = 1u << (shift - 1);
  if (R == Round::nearest ? lost > half || (lost == half && kept & 1)
                          : lost && (is_negative ? R == Round::down : R == Round::up))
    ++kept;
  if (kept >= infinity) {  // a finite number too large stays finite where rounding goes inward
    const bool inward = R == Round::zero || (is_negative ? R == Round::up : R == Round::down);
    kept = inward && size < 0x7f800000 ? infinity - 1u : infinity;
  }
  return uint16_t(kept | (is_negative ? 0x8000 : 0));
}

// A type of the compiler's whose conversions are one instruction; where there is none, the bits are
// worked out.
#if defined(__F16C__) && defined(__clang__) && __clang_major__ >= 15
#define SIMT_NATIVE_HALF _Float16
#elif defined(__aarch64__)
#define SIMT_NATIVE_HALF __fp16
#endif

// IEEE binary16: 5 exponent bits, 10 fraction bits.
struct HalfFormat {
  static constexpr uint16_t infinity = 0x7c00, one = 0x3c00;

  template <Round R>
  SIMT_INLINE static uint16_t round(float x) {
    if constexpr (R != Round::nearest) return rounded_bits<R, 13, 113>(x, infinity);
#if defined(SIMT_NATIVE_HALF)
    return x != x ? kNan16 : bits_as<uint16_t>(SIMT_NATIVE_HALF(x));
#elif defined(__F16C__) && !defined(__clang__)
    using Floats = float __attribute__((vector_size(16)));
    return x != x ? kNan16 : uint16_t(__builtin_ia32_vcvtps2ph(Floats{x, 0, 0, 0}, 0)[0]);
#else
    return rounded_bits<R, 13, 113>(x, infinity);
#endif
  }

  SIMT_INLINE static float widen(uint16_t half) {
#if defined(SIMT_NATIVE_HALF)
    return bits_as<SIMT_NATIVE_HALF>(half);
#elif defined(__F16C__) && !defined(__clang__)
    using Shorts = short __attribute__((vector_size(16)));
    return __builtin_ia32_vcvtph2ps(Shorts{short(half), 0, 0, 0, 0, 0, 0, 0})[0];
#else
    const uint32_t sign = (half & 0x8000u) << 16, size = half & 0x7fffu;
    // As a float's bits, the size is 2¹¹² too small, whether normal or subnormal.
    const float scaled = bits_as<float>(size << 13) * 0x1p112f;
    const uint32_t bits = size >= infinity ? 0x7f800000 | size << 13 : bits_as<uint32_t>(scaled);
    return bits_as<float>(sign | bits);
#endif
  }

  // A conversion gives one NaN, which the steps of arithmetic need not.
  SIMT_INLINE static float to_float(uint16_t half) {
    const float x = widen(half);
    return x != x ? bits_as<float>(0x7fffffff) : x;
  }
};

#undef SIMT_NATIVE_HALF

// bfloat16: the upper 16 bits of a float.
struct Bfloat16Format {
  static constexpr uint16_t infinity = 0x7f80, one = 0x3f80;

  template <Round R>
  SIMT_INLINE static uint16_t round(float x) {
    if constexpr (R != Round::nearest) return rounded_bits<R, 16, 1>(x, infinity);
    const uint32_t bits = bits_as<uint32_t>(x), is_odd = bits >> 16 & 1;
    return x != x ? kNan16 : uint16_t((bits + 0x7fff + is_odd) >> 16);
  }
  SIMT_INLINE static float widen(uint16_t bits) { return bits_as<float>(uint32_t(bits) << 16); }
  SIMT_INLINE static float to_float(uint16_t bits) { return widen(bits); }
};

}  // namespace simt
