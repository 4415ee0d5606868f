// float.cpp: arithmetic on f32 and f64. The approximate functions are computed in full precision:
// a GPU's last bits differ.
#include <cfenv>

#include "../services.h"
#include "exec.h"
#include "formats.h"

namespace simt::ptx {

namespace {

enum Flag : uint32_t { kFlush = 1, kClamp = 2, kKeepNan = 4 };

constexpr int kRoundings[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};

template <class T>
T flushed(const Instruction& in, T value) {
  const bool subnormal = std::fpclassify(value) == FP_SUBNORMAL;
  return in.flags & kFlush && subnormal ? std::copysign(T(0), value) : value;
}

template <class T>
T finished(const Instruction& in, T value) {
  value = flushed(in, value);
  if (in.flags & kClamp) value = value > 0 ? (value < 1 ? value : T(1)) : T(0);  // NaN: 0
  return value;
}

// In another rounding mode, with the operation kept between the changes of mode.
template <class F, class T>
T directed(int rounding, T a, T b, T c) {
  volatile T x = a, y = b, z = c;
  std::fesetround(kRoundings[rounding]);
  volatile T result = F::of(T(x), T(y), T(z));
  std::fesetround(FE_TONEAREST);
  return result;
}

// in.count operands, each rounded result is in.mode's.
template <class T, class F>
void arithmetic(Machine& m, const Instruction& in) {
  const T a = flushed(in, get<T>(m, in, 1));
  const T b = in.count > 1 ? flushed(in, get<T>(m, in, 2)) : T(0);
  const T c = in.count > 2 ? flushed(in, get<T>(m, in, 3)) : T(0);
  const T result = in.mode ? directed<F>(in.mode, a, b, c) : F::of(a, b, c);
  put<T>(m, in, 0, finished(in, result));
  count_flops_at(in.count > 2 ? 2 : 1, m.pc);
}

struct Add {
  template <class T>
  static T of(T a, T b, T) {
    return a + b;
  }
};
struct Subtract {
  template <class T>
  static T of(T a, T b, T) {
    return a - b;
  }
};
struct Multiply {
  template <class T>
  static T of(T a, T b, T) {
    return a * b;
  }
};
struct Divide {
  template <class T>
  static T of(T a, T b, T) {
    return a / b;
  }
};
struct Fused {
  template <class T>
  static T of(T a, T b, T c) {
    return std::fma(a, b, c);
  }
};
struct Root {
  template <class T>
  static T of(T a, T, T) {
    return std::sqrt(a);
  }
};
struct Reciprocal {
  template <class T>
  static T of(T a, T, T) {
    return 1 / a;
  }
};
struct ReciprocalRoot {
  template <class T>
  static T of(T a, T, T) {
    return 1 / std::sqrt(a);
  }
};
struct Exponential {
  template <class T>
  static T of(T a, T, T) {
    return std::exp2(a);
  }
};
struct Logarithm {
  template <class T>
  static T of(T a, T, T) {
    return std::log2(a);
  }
};
struct Sine {
  template <class T>
  static T of(T a, T, T) {
    return std::sin(a);
  }
};
struct Cosine {
  template <class T>
  static T of(T a, T, T) {
    return std::cos(a);
  }
};
struct Tangent {
  template <class T>
  static T of(T a, T, T) {
    return std::tanh(a);
  }
};

// Of a number and NaN, the number, unless .NaN is asked for; −0 is less than +0.
template <class T, bool greatest>
void extreme(Machine& m, const Instruction& in) {
  const T a = flushed(in, get<T>(m, in, 1)), b = flushed(in, get<T>(m, in, 2));
  T result = a;
  if (std::isnan(a) || std::isnan(b))
    result = in.flags & kKeepNan ? T(NAN) : std::isnan(a) ? b : a;
  else if (a == b)
    result = std::signbit(a) == greatest ? b : a;
  else
    result = (a < b) == greatest ? b : a;
  if (std::isnan(result))
    result = bits_as<T>(std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>(
        sizeof(T) == 4 ? 0x7fffffffull : 0x7fffffffffffffffull));
  put<T>(m, in, 0, result);
}

template <class T>
void absolute(Machine& m, const Instruction& in) {
  put<T>(m, in, 0, std::fabs(flushed(in, get<T>(m, in, 1))));
}
template <class T>
void negate(Machine& m, const Instruction& in) {
  put<T>(m, in, 0, -flushed(in, get<T>(m, in, 1)));
}
template <class T>
void copy_sign(Machine& m, const Instruction& in) {
  put<T>(m, in, 0, std::copysign(get<T>(m, in, 2), get<T>(m, in, 1)));
}

Type float_type(Decoder& d, bool narrow_only = false) {
  if (d.has("ftz")) d.in.flags |= kFlush;
  const Type type = d.type_of({Type::f32, Type::f64});
  if (type == Type::f64 && (narrow_only || d.in.flags & (kFlush | kClamp))) d.unsupported();
  return type;
}

template <class F>
void decode_arithmetic(Decoder& d, unsigned operands, bool must_round) {
  const int rounding = d.one_of({"rn", "rz", "rm", "rp"});
  if (must_round && rounding < 0) d.wrong("a rounding mode (.rn, …) must be given");
  d.in.mode = uint8_t(rounding < 0 ? 0 : rounding);
  d.in.count = uint8_t(operands);
  if (d.has("sat")) d.in.flags |= kClamp;
  const Type type = float_type(d);
  d.out(type);
  for (unsigned i = 0; i < operands; ++i) d.input(type);
  d.finish(type == Type::f32 ? arithmetic<float, F> : arithmetic<double, F>);
}

// Either approximate or rounded.
template <class F>
void decode_function(Decoder& d, unsigned operands) {
  const bool approximate = d.has("approx") || d.has("full");
  decode_arithmetic<F>(d, operands, !approximate);
}

template <class F>
void decode_approximation(Decoder& d) {
  if (!d.has("approx")) d.unsupported();
  d.in.count = 1;
  const Type type = float_type(d, d.word(0) != "rsqrt");
  d.shape(type, {type});
  d.finish(type == Type::f32 ? arithmetic<float, F> : arithmetic<double, F>);
}

template <bool greatest>
void decode_extreme(Decoder& d) {
  if (d.has("NaN")) d.in.flags |= kKeepNan;
  const Type type = float_type(d);
  d.shape(type, {type, type});
  d.finish(type == Type::f32 ? extreme<float, greatest> : extreme<double, greatest>);
}

void decode_sign(Decoder& d, Handler narrow, Handler wide, unsigned operands) {
  const Type type = float_type(d);
  d.out(type);
  for (unsigned i = 0; i < operands; ++i) d.input(type);
  d.finish(type == Type::f32 ? narrow : wide);
}

}  // namespace

bool decode_float(Decoder& d) {
  const std::string& name = d.word(0);
  const Type type = type_named(d.word(d.words() - 1));
  if (type != Type::f32 && type != Type::f64) return false;
  if (name == "add")
    decode_arithmetic<Add>(d, 2, false);
  else if (name == "sub")
    decode_arithmetic<Subtract>(d, 2, false);
  else if (name == "mul")
    decode_arithmetic<Multiply>(d, 2, false);
  else if (name == "fma")
    decode_arithmetic<Fused>(d, 3, true);
  else if (name == "mad")
    decode_arithmetic<Fused>(d, 3, true);
  else if (name == "div")
    decode_function<Divide>(d, 2);
  else if (name == "sqrt")
    decode_function<Root>(d, 1);
  else if (name == "rcp")
    decode_function<Reciprocal>(d, 1);
  else if (name == "rsqrt")
    decode_approximation<ReciprocalRoot>(d);
  else if (name == "ex2")
    decode_approximation<Exponential>(d);
  else if (name == "lg2")
    decode_approximation<Logarithm>(d);
  else if (name == "sin")
    decode_approximation<Sine>(d);
  else if (name == "cos")
    decode_approximation<Cosine>(d);
  else if (name == "tanh")
    decode_approximation<Tangent>(d);
  else if (name == "min")
    decode_extreme<false>(d);
  else if (name == "max")
    decode_extreme<true>(d);
  else if (name == "abs")
    decode_sign(d, absolute<float>, absolute<double>, 1);
  else if (name == "neg")
    decode_sign(d, negate<float>, negate<double>, 1);
  else if (name == "copysign")
    decode_sign(d, copy_sign<float>, copy_sign<double>, 2);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
