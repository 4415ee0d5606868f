// float16_arithmetic.h: arithmetic of a 16-bit floating-point type and of pairs. Every operation is
// the exact one rounded once, to nearest even (float16_formats.h says how), also where nvcc may
// fuse two of them. Included once for each type, see float16_class.h.

namespace simt {

SIMT_INLINE float widened(SIMT_T x) { return SIMT_FORMAT::widen(bits_as<uint16_t>(x)); }

// The number nearest to `exact`; SIMT_T comes first so that overloads can tell the types apart.
SIMT_INLINE SIMT_T nearest(SIMT_T, float exact) {
  return bits_as<SIMT_T>(SIMT_FORMAT::round<Round::nearest>(exact));
}
SIMT_INLINE SIMT_T nearest(SIMT_T type, double exact) { return nearest(type, to_odd(exact)); }

SIMT_INLINE SIMT_T saturated(SIMT_T x) {  // to [0, 1]; NaN and -0 give +0
  const float value = widened(x);
  return value > 0 ? (value < 1 ? x : bits_as<SIMT_T>(SIMT_FORMAT::one))
                   : bits_as<SIMT_T>(uint16_t(0));
}
SIMT_INLINE SIMT_T at_least_zero(SIMT_T x) {  // NaN stays
  return widened(x) <= 0 ? bits_as<SIMT_T>(uint16_t(0)) : x;
}

}  // namespace simt

SIMT_INLINE SIMT_T __hadd(SIMT_T a, SIMT_T b) {
  return simt::nearest(a, simt::widened(a) + simt::widened(b));
}
SIMT_INLINE SIMT_T __hsub(SIMT_T a, SIMT_T b) {
  return simt::nearest(a, simt::widened(a) - simt::widened(b));
}
SIMT_INLINE SIMT_T __hmul(SIMT_T a, SIMT_T b) {
  return simt::nearest(a, simt::widened(a) * simt::widened(b));
}
SIMT_INLINE SIMT_T __hdiv(SIMT_T a, SIMT_T b) {
  return simt::nearest(a, simt::widened(a) / simt::widened(b));
}
SIMT_INLINE SIMT_T __hfma(SIMT_T a, SIMT_T b, SIMT_T c) {
  const double product = double(simt::widened(a)) * double(simt::widened(b));  // 22 bits: exact
  return simt::nearest(a, simt::add_to_product(product, simt::widened(c)));
}
SIMT_INLINE SIMT_T __habs(SIMT_T x) { return simt::nearest(x, __builtin_fabsf(simt::widened(x))); }
SIMT_INLINE SIMT_T __hneg(SIMT_T x) { return simt::nearest(x, -simt::widened(x)); }
SIMT_INLINE SIMT_T __hadd_rn(SIMT_T a, SIMT_T b) { return __hadd(a, b); }
SIMT_INLINE SIMT_T __hsub_rn(SIMT_T a, SIMT_T b) { return __hsub(a, b); }
SIMT_INLINE SIMT_T __hmul_rn(SIMT_T a, SIMT_T b) { return __hmul(a, b); }
SIMT_INLINE SIMT_T __hadd_sat(SIMT_T a, SIMT_T b) { return simt::saturated(__hadd(a, b)); }
SIMT_INLINE SIMT_T __hsub_sat(SIMT_T a, SIMT_T b) { return simt::saturated(__hsub(a, b)); }
SIMT_INLINE SIMT_T __hmul_sat(SIMT_T a, SIMT_T b) { return simt::saturated(__hmul(a, b)); }
SIMT_INLINE SIMT_T __hfma_sat(SIMT_T a, SIMT_T b, SIMT_T c) {
  return simt::saturated(__hfma(a, b, c));
}
SIMT_INLINE SIMT_T __hfma_relu(SIMT_T a, SIMT_T b, SIMT_T c) {
  return simt::at_least_zero(__hfma(a, b, c));
}

// --- Pairs: each half on its own. ---

#define SIMT_PAIRED1(name2, name) \
  SIMT_INLINE SIMT_T2 name2(SIMT_T2 a) { return {name(a.x), name(a.y)}; }
#define SIMT_PAIRED2(name2, name) \
  SIMT_INLINE SIMT_T2 name2(SIMT_T2 a, SIMT_T2 b) { return {name(a.x, b.x), name(a.y, b.y)}; }
#define SIMT_PAIRED3(name2, name)                              \
  SIMT_INLINE SIMT_T2 name2(SIMT_T2 a, SIMT_T2 b, SIMT_T2 c) { \
    return {name(a.x, b.x, c.x), name(a.y, b.y, c.y)};         \
  }
SIMT_PAIRED2(__hadd2, __hadd)
SIMT_PAIRED2(__hsub2, __hsub)
SIMT_PAIRED2(__hmul2, __hmul)
SIMT_PAIRED2(__h2div, __hdiv)
SIMT_PAIRED3(__hfma2, __hfma)
SIMT_PAIRED1(__habs2, __habs)
SIMT_PAIRED1(__hneg2, __hneg)
SIMT_PAIRED2(__hadd2_rn, __hadd)
SIMT_PAIRED2(__hsub2_rn, __hsub)
SIMT_PAIRED2(__hmul2_rn, __hmul)
SIMT_PAIRED2(__hadd2_sat, __hadd_sat)
SIMT_PAIRED2(__hsub2_sat, __hsub_sat)
SIMT_PAIRED2(__hmul2_sat, __hmul_sat)
SIMT_PAIRED3(__hfma2_sat, __hfma_sat)
SIMT_PAIRED3(__hfma2_relu, __hfma_relu)

// Complex a · b + c with the real part in x, in CUDA's four steps, each of them rounded.
SIMT_INLINE SIMT_T2 __hcmadd(SIMT_T2 a, SIMT_T2 b, SIMT_T2 c) {
  const SIMT_T real = __hfma(a.x, b.x, c.x), imaginary = __hfma(a.x, b.y, c.y);
  return {__hfma(__hneg(a.y), b.y, real), __hfma(a.y, b.x, imaginary)};
}

// --- Operators. ---

#define SIMT_OPERATORS(T, plus, minus, times, over, negative)               \
  SIMT_INLINE T operator+(const T& a, const T& b) { return plus(a, b); }    \
  SIMT_INLINE T operator-(const T& a, const T& b) { return minus(a, b); }   \
  SIMT_INLINE T operator*(const T& a, const T& b) { return times(a, b); }   \
  SIMT_INLINE T operator/(const T& a, const T& b) { return over(a, b); }    \
  SIMT_INLINE T& operator+=(T& a, const T& b) { return a = plus(a, b); }    \
  SIMT_INLINE T& operator-=(T& a, const T& b) { return a = minus(a, b); }   \
  SIMT_INLINE T& operator*=(T& a, const T& b) { return a = times(a, b); }   \
  SIMT_INLINE T& operator/=(T& a, const T& b) { return a = over(a, b); }    \
  SIMT_INLINE T operator+(const T& a) { return a; }                         \
  SIMT_INLINE T operator-(const T& a) { return negative(a); }               \
  SIMT_INLINE T& operator++(T& a) { return a = plus(a, simt::one_of(a)); }  \
  SIMT_INLINE T& operator--(T& a) { return a = minus(a, simt::one_of(a)); } \
  SIMT_INLINE T operator++(T& a, int) {                                     \
    const T before = a;                                                     \
    ++a;                                                                    \
    return before;                                                          \
  }                                                                         \
  SIMT_INLINE T operator--(T& a, int) {                                     \
    const T before = a;                                                     \
    --a;                                                                    \
    return before;                                                          \
  }
namespace simt {
SIMT_INLINE SIMT_T one_of(SIMT_T) { return bits_as<SIMT_T>(SIMT_FORMAT::one); }
SIMT_INLINE SIMT_T2 one_of(SIMT_T2 a) { return {one_of(a.x), one_of(a.y)}; }
}  // namespace simt
SIMT_OPERATORS(SIMT_T, __hadd, __hsub, __hmul, __hdiv, __hneg)
SIMT_OPERATORS(SIMT_T2, __hadd2, __hsub2, __hmul2, __h2div, __hneg2)
#undef SIMT_OPERATORS
