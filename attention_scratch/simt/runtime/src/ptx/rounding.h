// rounding.h: numbers of one kind as the nearest, next lower or next higher of another kind.
#pragma once
#include "formats.h"
#include "program.h"

namespace simt::ptx {

enum class Mode : uint8_t { nearest, zero, down, up, away };  // away: ties go away from zero

// The source of a conversion as a sum of two doubles, which holds every number exactly.
// The high part of a sum is its value rounded to nearest: what rounding it elsewhere starts from.
template <class T>
Sum exact(T value) {
  if constexpr (std::is_integral_v<T>) {
    using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
    const Sum parts = exact_sum(Wide(value));
    return exact_sum(parts.high, parts.low);
  } else {
    return {double(value), 0};
  }
}

template <class Format>
uint16_t to_half(Sum value, Mode mode) {
  const float odd = odd_float(value);
  switch (mode) {
    case Mode::zero:
      return Format::template round<Round::zero>(odd);
    case Mode::down:
      return Format::template round<Round::down>(odd);
    case Mode::up:
      return Format::template round<Round::up>(odd);
    default:
      return Format::template round<Round::nearest>(odd);
  }
}

inline float to_single(Sum value, Mode mode) {
  switch (mode) {
    case Mode::zero:
      return to_float<Round::zero>(value);
    case Mode::down:
      return to_float<Round::down>(value);
    case Mode::up:
      return to_float<Round::up>(value);
    default:
      return to_float<Round::nearest>(value);
  }
}

inline double to_double(Sum value, Mode mode) {
  if (value.low == 0) return value.high;  // keeps the sign of zero
  const double nearest = value.high + value.low, rest = (value.high - nearest) + value.low;
  switch (mode) {
    case Mode::zero:
      return directed<Round::zero>(nearest, rest);
    case Mode::down:
      return directed<Round::down>(nearest, rest);
    case Mode::up:
      return directed<Round::up>(nearest, rest);
    default:
      return nearest;
  }
}

// 8 exponent bits and 10 fraction bits in the upper 19 of 32.
inline uint32_t to_tf32(float value, Mode mode) {
  const uint32_t bits = bits_as<uint32_t>(value), kept = bits & 0xffffe000u;
  if (value != value) return 0x7fffffff;
  if ((bits & 0x7f800000) == 0x7f800000) return bits;
  const uint32_t lost = bits & 0x1fff;
  const bool up = mode == Mode::away      ? lost >= 0x1000
                  : mode == Mode::nearest ? lost > 0x1000 || (lost == 0x1000 && kept & 0x2000)
                                          : false;
  return up ? kept + 0x2000 : kept;
}

inline uint64_t finite(uint64_t bits, Type to) {
  const uint64_t infinity = to == Type::f16 ? 0x7c00 : 0x7f80;
  return (bits & 0x7fff) == infinity ? bits - 1 : bits;
}

inline __int128 limit(Type type, bool top) {
  const unsigned width = bits_of(type);
  if (!is_signed(type)) return top ? (__int128(1) << width) - 1 : 0;
  return top ? (__int128(1) << (width - 1)) - 1 : -(__int128(1) << (width - 1));
}

inline __int128 integer_of(uint64_t bits, Type type) {
  const unsigned unused = 64 - bits_of(type);
  if (is_signed(type)) return int64_t(bits << unused) >> unused;
  return bits << unused >> unused;
}

}  // namespace simt::ptx
