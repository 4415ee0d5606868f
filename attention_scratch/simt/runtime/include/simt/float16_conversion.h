// float16_conversion.h: conversions of a 16-bit floating-point type and of pairs. Included once for
// each type, see float16_class.h.

#define SIMT_ROUNDED(suffix, mode, name, From, exact)              \
  SIMT_INLINE SIMT_T SIMT_NAMED(__##name##2, suffix)(From x) {     \
    return simt::bits_as<SIMT_T>(SIMT_FORMAT::round<mode>(exact)); \
  }
#define SIMT_FROM(suffix, mode, name, From) \
  SIMT_ROUNDED(suffix, mode, name, From, simt::integer_to_odd(x))
SIMT_IN_EACH_MODE(SIMT_FROM, short, short)
SIMT_IN_EACH_MODE(SIMT_FROM, ushort, unsigned short)
SIMT_IN_EACH_MODE(SIMT_FROM, int, int)
SIMT_IN_EACH_MODE(SIMT_FROM, uint, unsigned)
SIMT_IN_EACH_MODE(SIMT_FROM, ll, long long)
SIMT_IN_EACH_MODE(SIMT_FROM, ull, unsigned long long)
SIMT_IN_EACH_MODE(SIMT_ROUNDED, float, float, x)
SIMT_ROUNDED(, simt::Round::nearest, float, float, x)
SIMT_ROUNDED(, simt::Round::nearest, double, double, simt::to_odd(x))
#undef SIMT_FROM
#undef SIMT_ROUNDED

#define SIMT_TO(suffix, mode, name, To)                      \
  SIMT_INLINE To SIMT_NAMED(__, 2##name##suffix)(SIMT_T x) { \
    return simt::to_integer<To, mode>(simt::widened(x));     \
  }
SIMT_IN_EACH_MODE(SIMT_TO, short, short)
SIMT_IN_EACH_MODE(SIMT_TO, ushort, unsigned short)
SIMT_IN_EACH_MODE(SIMT_TO, int, int)
SIMT_IN_EACH_MODE(SIMT_TO, uint, unsigned)
SIMT_IN_EACH_MODE(SIMT_TO, ll, long long)
SIMT_IN_EACH_MODE(SIMT_TO, ull, unsigned long long)
SIMT_TO(_rz, simt::Round::zero, char, signed char)
SIMT_TO(_rz, simt::Round::zero, uchar, unsigned char)
#undef SIMT_TO
SIMT_INLINE float SIMT_NAMED(__, 2float)(SIMT_T x) { return float(x); }

// Bits.
SIMT_INLINE short SIMT_NAMED(__, _as_short)(SIMT_T x) { return simt::bits_as<short>(x); }
SIMT_INLINE unsigned short SIMT_NAMED(__, _as_ushort)(SIMT_T x) {
  return simt::bits_as<unsigned short>(x);
}
SIMT_INLINE SIMT_T SIMT_NAMED(__short_as_, )(short x) { return simt::bits_as<SIMT_T>(x); }
SIMT_INLINE SIMT_T SIMT_NAMED(__ushort_as_, )(unsigned short x) { return simt::bits_as<SIMT_T>(x); }

// Whole numbers in the type itself.
#define SIMT_TO_WHOLE(name, mode)                                                 \
  SIMT_INLINE SIMT_T h##name(SIMT_T x) {                                          \
    return simt::nearest(x, simt::to_whole<simt::Round::mode>(simt::widened(x))); \
  }                                                                               \
  SIMT_PAIRED1(h2##name, h##name)
SIMT_TO_WHOLE(trunc, zero)
SIMT_TO_WHOLE(ceil, up)
SIMT_TO_WHOLE(floor, down)
SIMT_TO_WHOLE(rint, nearest)
#undef SIMT_TO_WHOLE

// Pairs: made, split and rearranged.
SIMT_INLINE SIMT_T2 SIMT_NAMED(make_, 2)(SIMT_T low, SIMT_T high) { return {low, high}; }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__halves2, 2)(SIMT_T low, SIMT_T high) { return {low, high}; }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__float2, 2_rn)(float x) { return {SIMT_T(x), SIMT_T(x)}; }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__floats2, 2_rn)(float low, float high) {
  return {SIMT_T(low), SIMT_T(high)};
}
SIMT_INLINE SIMT_T2 SIMT_NAMED(__float22, 2_rn)(float2 x) { return {SIMT_T(x.x), SIMT_T(x.y)}; }
SIMT_INLINE float2 SIMT_NAMED(__, 22float2)(SIMT_T2 a) { return {float(a.x), float(a.y)}; }
SIMT_INLINE SIMT_T SIMT_NAMED(__low2, )(SIMT_T2 a) { return a.x; }
SIMT_INLINE SIMT_T SIMT_NAMED(__high2, )(SIMT_T2 a) { return a.y; }
SIMT_INLINE float __low2float(SIMT_T2 a) { return float(a.x); }
SIMT_INLINE float __high2float(SIMT_T2 a) { return float(a.y); }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__low2, 2)(SIMT_T2 a) { return {a.x, a.x}; }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__high2, 2)(SIMT_T2 a) { return {a.y, a.y}; }
SIMT_INLINE SIMT_T2 __lowhigh2highlow(SIMT_T2 a) { return {a.y, a.x}; }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__lows2, 2)(SIMT_T2 a, SIMT_T2 b) { return {a.x, b.x}; }
SIMT_INLINE SIMT_T2 SIMT_NAMED(__highs2, 2)(SIMT_T2 a, SIMT_T2 b) { return {a.y, b.y}; }
