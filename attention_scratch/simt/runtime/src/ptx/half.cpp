// half.cpp: arithmetic on f16, bf16 and pairs of them. The exact result is rounded once, as the
// kernels' own headers do it.
#include "../services.h"
#include "exec.h"
#include "formats.h"

namespace simt::ptx {

namespace {

enum Flag : uint32_t { kClamp = 1, kKeepNan = 2, kAtLeastZero = 4 };

template <class Format>
uint16_t nearest(Sum exact) {
  return Format::template round<Round::nearest>(odd_float(exact));
}

template <class Format>
uint16_t finished(const Instruction& in, uint16_t bits) {
  const float value = Format::widen(bits);
  if (in.flags & kClamp) return value > 0 ? (value < 1 ? bits : Format::one) : uint16_t(0);
  return in.flags & kAtLeastZero && value <= 0 ? uint16_t(0) : bits;
}

// Operation::of<Format>(in, a, b, c) for each half of a register.
template <class Format, class Operation, bool two>
void halves(Machine& m, const Instruction& in) {
  uint32_t values[3] = {}, result = 0;
  for (unsigned i = 0; i < in.count; ++i) values[i] = get<uint32_t>(m, in, 1 + i);
  for (unsigned shift = 0; shift < (two ? 32 : 16); shift += 16)
    result |= uint32_t(finished<Format>(
                  in, Operation::template of<Format>(in, uint16_t(values[0] >> shift),
                                                     uint16_t(values[1] >> shift),
                                                     uint16_t(values[2] >> shift))))
              << shift;
  put(m, in, 0, result);
  count_flops_at((in.count > 2 ? 2 : 1) * (two ? 2 : 1), m.pc);
}

// Products of two 16-bit floats are exact in double; a sum is kept in two.
struct Fused {
  template <class Format>
  static uint16_t of(const Instruction&, uint16_t a, uint16_t b, uint16_t c) {
    const double product = double(Format::widen(a)) * double(Format::widen(b));
    if (!std::isfinite(product)) return nearest<Format>({product + double(Format::widen(c)), 0});
    const Sum sum = exact_sum(product, double(Format::widen(c)));
    return nearest<Format>(std::isfinite(sum.high) ? sum : Sum{sum.high, 0});
  }
};
struct Add {
  template <class Format>
  static uint16_t of(const Instruction& in, uint16_t a, uint16_t b, uint16_t) {
    return Fused::of<Format>(in, a, Format::one, b);
  }
};
struct Subtract {
  template <class Format>
  static uint16_t of(const Instruction& in, uint16_t a, uint16_t b, uint16_t) {
    return Fused::of<Format>(in, a, Format::one, uint16_t(b ^ 0x8000));
  }
};
struct Multiply {
  template <class Format>
  static uint16_t of(const Instruction&, uint16_t a, uint16_t b, uint16_t) {
    return nearest<Format>({double(Format::widen(a)) * double(Format::widen(b)), 0});
  }
};
struct Exponential {
  template <class Format>
  static uint16_t of(const Instruction&, uint16_t a, uint16_t, uint16_t) {
    return nearest<Format>({std::exp2(double(Format::widen(a))), 0});
  }
};
struct Tangent {
  template <class Format>
  static uint16_t of(const Instruction&, uint16_t a, uint16_t, uint16_t) {
    return nearest<Format>({std::tanh(double(Format::widen(a))), 0});
  }
};
struct Absolute {
  template <class Format>
  static uint16_t of(const Instruction&, uint16_t a, uint16_t, uint16_t) {
    return a & 0x7fff;
  }
};
struct Negate {
  template <class Format>
  static uint16_t of(const Instruction&, uint16_t a, uint16_t, uint16_t) {
    return a ^ 0x8000;
  }
};
template <bool greatest>
struct Extreme {
  template <class Format>
  static uint16_t of(const Instruction& in, uint16_t a, uint16_t b, uint16_t) {
    const float x = Format::widen(a), y = Format::widen(b);
    if (x != x || y != y) return in.flags & kKeepNan ? kNan16 : x == x ? a : y == y ? b : kNan16;
    if (x == y) return (a >> 15 == greatest) ? b : a;  // −0 is less than +0
    return (x < y) == greatest ? b : a;
  }
};

template <class Operation>
Handler pick(Type type) {
  switch (type) {
    case Type::f16:
      return halves<HalfFormat, Operation, false>;
    case Type::f16x2:
      return halves<HalfFormat, Operation, true>;
    case Type::bf16:
      return halves<Bfloat16Format, Operation, false>;
    default:
      return halves<Bfloat16Format, Operation, true>;
  }
}

template <class Operation>
void decode(Decoder& d, unsigned operands) {
  d.in.count = uint8_t(operands);
  const Type type = d.type_of({Type::f16, Type::f16x2, Type::bf16, Type::bf16x2});
  d.out(type);
  for (unsigned i = 0; i < operands; ++i) d.input(type);
  d.finish(pick<Operation>(type));
}

template <class Operation>
void decode_rounded(Decoder& d, unsigned operands) {
  d.ignore({"rn"});
  if (d.has("sat")) d.in.flags |= kClamp;
  if (operands == 3 && d.has("relu")) d.in.flags |= kAtLeastZero;
  decode<Operation>(d, operands);
}

template <class Operation>
void decode_function(Decoder& d) {
  if (!d.has("approx")) d.unsupported();
  d.ignore({"ftz"});  // ex2 of a subnormal number is 1 either way, and it must be written for bf16
  decode<Operation>(d, 1);
}

template <bool greatest>
void decode_extreme(Decoder& d) {
  if (d.has("NaN")) d.in.flags |= kKeepNan;
  decode<Extreme<greatest>>(d, 2);
}

}  // namespace

bool decode_half(Decoder& d) {
  const std::string& name = d.word(0);
  const Type type = type_named(d.word(d.words() - 1));
  if (type < Type::f16 || type > Type::bf16x2) return false;
  if (name == "add")
    decode_rounded<Add>(d, 2);
  else if (name == "sub")
    decode_rounded<Subtract>(d, 2);
  else if (name == "mul")
    decode_rounded<Multiply>(d, 2);
  else if (name == "fma")
    decode_rounded<Fused>(d, 3);
  else if (name == "ex2")
    decode_function<Exponential>(d);
  else if (name == "tanh")
    decode_function<Tangent>(d);
  else if (name == "min")
    decode_extreme<false>(d);
  else if (name == "max")
    decode_extreme<true>(d);
  else if (name == "abs")
    decode<Absolute>(d, 1);
  else if (name == "neg")
    decode<Negate>(d, 1);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
