// float16_comparison.h: comparisons of a 16-bit floating-point type and of pairs. Included once for
// each type, see float16_class.h. Of the two forms of a comparison, the ordered one (__heq) is
// false where an operand is NaN and the unordered one (__hequ) is true.

SIMT_INLINE bool __hisnan(SIMT_T x) { return simt::widened(x) != simt::widened(x); }
SIMT_INLINE int __hisinf(SIMT_T x) {
  const uint16_t bits = simt::bits_as<uint16_t>(x);
  return (bits & 0x7fff) != SIMT_FORMAT::infinity ? 0 : bits >> 15 ? -1 : 1;
}

#define SIMT_COMPARISONS(define)                                                                 \
  define(eq, x == y) define(ne, x<y || x> y) define(lt, x < y) define(le, x <= y)                \
      define(gt, x > y) define(ge, x >= y) define(equ, !(x < y || x > y)) define(neu, !(x == y)) \
          define(ltu, !(x >= y)) define(leu, !(x > y)) define(gtu, !(x <= y))                    \
              define(geu, !(x < y))

#define SIMT_COMPARE(name, condition)                                                      \
  SIMT_INLINE bool __h##name(SIMT_T a, SIMT_T b) {                                         \
    const float x = simt::widened(a), y = simt::widened(b);                                \
    return condition;                                                                      \
  }                                                                                        \
  SIMT_INLINE bool __hb##name##2(SIMT_T2 a, SIMT_T2 b) { /* both */                        \
    return __h##name(a.x, b.x) && __h##name(a.y, b.y);                                     \
  }                                                                                        \
  SIMT_INLINE unsigned __h##name##2_mask(SIMT_T2 a, SIMT_T2 b) {                           \
    return (__h##name(a.x, b.x) ? 0xffff : 0) | (__h##name(a.y, b.y) ? 0xffff0000 : 0);    \
  }                                                                                        \
  SIMT_INLINE SIMT_T2 __h##name##2(SIMT_T2 a, SIMT_T2 b) { /* 1.0 or 0.0 each */           \
    return {simt::truth(a.x, __h##name(a.x, b.x)), simt::truth(a.y, __h##name(a.y, b.y))}; \
  }
namespace simt {
SIMT_INLINE SIMT_T truth(SIMT_T, bool is_true) {
  return bits_as<SIMT_T>(uint16_t(is_true ? SIMT_FORMAT::one : 0));
}
}  // namespace simt
SIMT_COMPARISONS(SIMT_COMPARE)
#undef SIMT_COMPARE
#undef SIMT_COMPARISONS

SIMT_INLINE SIMT_T2 __hisnan2(SIMT_T2 a) {
  return {simt::truth(a.x, __hisnan(a.x)), simt::truth(a.y, __hisnan(a.y))};
}

#define SIMT_OPERATORS(T, b, two)                                                        \
  SIMT_INLINE bool operator==(const T& x, const T& y) { return __h##b##eq##two(x, y); }  \
  SIMT_INLINE bool operator!=(const T& x, const T& y) { return __h##b##neu##two(x, y); } \
  SIMT_INLINE bool operator<(const T& x, const T& y) { return __h##b##lt##two(x, y); }   \
  SIMT_INLINE bool operator<=(const T& x, const T& y) { return __h##b##le##two(x, y); }  \
  SIMT_INLINE bool operator>(const T& x, const T& y) { return __h##b##gt##two(x, y); }   \
  SIMT_INLINE bool operator>=(const T& x, const T& y) { return __h##b##ge##two(x, y); }
SIMT_OPERATORS(SIMT_T, , )
SIMT_OPERATORS(SIMT_T2, b, 2)
#undef SIMT_OPERATORS

// The larger and the smaller. +0 is above -0; a NaN loses against a number, or wins (_nan).
SIMT_INLINE SIMT_T __hmax(SIMT_T a, SIMT_T b) {
  return simt::nearest(a, simt::larger(simt::widened(a), simt::widened(b)));
}
SIMT_INLINE SIMT_T __hmin(SIMT_T a, SIMT_T b) {
  return simt::nearest(a, simt::smaller(simt::widened(a), simt::widened(b)));
}
SIMT_INLINE SIMT_T __hmax_nan(SIMT_T a, SIMT_T b) {
  return __hisnan(a) || __hisnan(b) ? simt::bits_as<SIMT_T>(simt::kNan16) : __hmax(a, b);
}
SIMT_INLINE SIMT_T __hmin_nan(SIMT_T a, SIMT_T b) {
  return __hisnan(a) || __hisnan(b) ? simt::bits_as<SIMT_T>(simt::kNan16) : __hmin(a, b);
}
SIMT_PAIRED2(__hmax2, __hmax)
SIMT_PAIRED2(__hmin2, __hmin)
SIMT_PAIRED2(__hmax2_nan, __hmax_nan)
SIMT_PAIRED2(__hmin2_nan, __hmin_nan)
