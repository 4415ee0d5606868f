// float16_functions.h: elementary functions, shuffles and atomics of a 16-bit floating-point type
// and of pairs. Included once for each type, see float16_class.h.

// CUDA promises the elementary functions to a unit in the last place or two. Here they are computed
// in double and rounded once.
#define SIMT_FUNCTION(name, value)                 \
  SIMT_INLINE SIMT_T h##name(SIMT_T argument) {    \
    const double x = simt::widened(argument);      \
    return simt::nearest(argument, double(value)); \
  }                                                \
  SIMT_PAIRED1(h2##name, h##name)
SIMT_FUNCTION(sqrt, __builtin_sqrt(x))
SIMT_FUNCTION(rsqrt, 1 / __builtin_sqrt(x))
SIMT_FUNCTION(rcp, 1 / x)
SIMT_FUNCTION(exp, __builtin_exp(x))
SIMT_FUNCTION(exp2, __builtin_exp2(x))
SIMT_FUNCTION(exp10, __builtin_pow(10, x))
SIMT_FUNCTION(log, __builtin_log(x))
SIMT_FUNCTION(log2, __builtin_log2(x))
SIMT_FUNCTION(log10, __builtin_log10(x))
SIMT_FUNCTION(sin, __builtin_sin(x))
SIMT_FUNCTION(cos, __builtin_cos(x))
SIMT_FUNCTION(tanh, __builtin_tanh(x))
SIMT_FUNCTION(tanh_approx, __builtin_tanh(x))
#undef SIMT_FUNCTION

namespace simt {
SIMT_INLINE SIMT_T2 shuffle(unsigned mask, SIMT_T2 pair, unsigned source, const char* name) {
  return bits_as<SIMT_T2>(shuffle(mask, bits_as<unsigned>(pair), source, name));
}
}  // namespace simt
SIMT_SHUFFLES(SIMT_T)
SIMT_SHUFFLES(SIMT_T2)

SIMT_INLINE SIMT_T atomicAdd(SIMT_T* address, SIMT_T value) {
  return simt::atomically<SIMT_T, __hadd>(address, value);
}
SIMT_INLINE SIMT_T2 atomicAdd(SIMT_T2* address, SIMT_T2 value) {
  return simt::atomically<SIMT_T2, __hadd2>(address, value);
}
