// compare.cpp: setp, set, selp and slct.
#include "exec.h"
#include "formats.h"

namespace simt::ptx {

namespace {

// in.mode: what the two values must be to one another, as a set of the four cases.
enum Case : uint8_t { kLess = 1, kEqual = 2, kGreater = 4, kUnordered = 8 };
// in.flags: how the result is combined with a further predicate.
enum Combination : uint32_t { kAlone, kAnd, kOr, kXor, kNegated = 4, kFlush = 8 };

struct Comparison {
  const char* name;
  uint8_t cases;
  bool integers, floats;
};
constexpr Comparison kComparisons[] = {{"eq", kEqual, true, true},
                                       {"ne", kLess | kGreater, true, true},
                                       {"lt", kLess, true, true},
                                       {"le", kLess | kEqual, true, true},
                                       {"gt", kGreater, true, true},
                                       {"ge", kGreater | kEqual, true, true},
                                       {"lo", kLess, true, false},
                                       {"ls", kLess | kEqual, true, false},
                                       {"hi", kGreater, true, false},
                                       {"hs", kGreater | kEqual, true, false},
                                       {"equ", kEqual | kUnordered, false, true},
                                       {"neu", kLess | kGreater | kUnordered, false, true},
                                       {"ltu", kLess | kUnordered, false, true},
                                       {"leu", kLess | kEqual | kUnordered, false, true},
                                       {"gtu", kGreater | kUnordered, false, true},
                                       {"geu", kGreater | kEqual | kUnordered, false, true},
                                       {"num", kLess | kEqual | kGreater, false, true},
                                       {"nan", kUnordered, false, true}};

struct Half {
  uint16_t bits;
  float value() const { return HalfFormat::widen(bits); }
};
struct Bfloat {
  uint16_t bits;
  float value() const { return Bfloat16Format::widen(bits); }
};
template <class T>
T value_of(const Instruction& in, T x) {
  if constexpr (std::is_floating_point_v<T>)
    if (in.flags & kFlush && std::fpclassify(x) == FP_SUBNORMAL) return T(0);
  return x;
}
float value_of(const Instruction&, Half x) { return x.value(); }
float value_of(const Instruction&, Bfloat x) { return x.value(); }

template <class T>
bool holds(Machine& m, const Instruction& in, unsigned first) {
  const auto a = value_of(in, get<T>(m, in, first)), b = value_of(in, get<T>(m, in, first + 1));
  const uint8_t found = a < b ? kLess : a == b ? kEqual : a > b ? kGreater : kUnordered;
  return in.mode & found;
}

bool combined(Machine& m, const Instruction& in, bool value, unsigned place) {
  if ((in.flags & 3) == kAlone) return value;
  const bool other = bool(get<uint8_t>(m, in, place) & 1) != bool(in.flags & kNegated);
  switch (in.flags & 3) {
    case kAnd:
      return value && other;
    case kOr:
      return value || other;
    default:
      return value != other;
  }
}

// Places: p, a, b, c, q. in.count: 2 if there is a q, which gets the opposite.
template <class T>
void set_predicate(Machine& m, const Instruction& in) {
  const bool value = holds<T>(m, in, 1);
  const bool p = combined(m, in, value, 3), q = combined(m, in, !value, 3);
  put(m, in, 0, uint8_t(p));
  if (in.count == 2) put(m, in, 4, uint8_t(q));
}

// in.size: 4 if the result is 1.0, else all bits are set.
template <class T>
void set_value(Machine& m, const Instruction& in) {
  const bool value = combined(m, in, holds<T>(m, in, 1), 3);
  put(m, in, 0, value ? (in.size ? 0x3f800000u : ~0u) : 0u);
}

Handler pick(Decoder& d, Type type, bool is_predicate) {
  const auto make = [&](auto zero) {
    using T = decltype(zero);
    return is_predicate ? Handler(set_predicate<T>) : Handler(set_value<T>);
  };
  switch (type) {
    case Type::f16:
      return make(Half());
    case Type::bf16:
      return make(Bfloat());
    case Type::f32:
      return make(0.0f);
    case Type::f64:
      return make(0.0);
    default:
      return for_integer(d, type, make);
  }
}

void decode_comparison(Decoder& d, bool is_float_type) {
  for (const Comparison& one : kComparisons) {
    if (!d.has(one.name)) continue;
    if (!(is_float_type ? one.floats : one.integers)) d.unsupported();
    d.in.mode = one.cases;
    return;
  }
  d.unsupported();
}

// What the word before the type says: .and, .or, .xor with a third predicate.
void decode_combination(Decoder& d) {
  d.in.flags = uint32_t(1 + d.one_of({"and", "or", "xor"}));
  if (d.has("ftz")) d.in.flags |= kFlush;
}

void decode_operands(Decoder& d, Type type) {
  d.input(type);
  d.input(type);
  if ((d.in.flags & 3) == kAlone)
    d.constant_input(0);
  else if (d.predicate())
    d.in.flags |= kNegated;
}

void decode_set_predicate(Decoder& d) {
  decode_combination(d);
  const Type type = d.type();
  decode_comparison(d, is_float(type));
  d.in.count = 1;
  const bool two = d.next_is(Operand::pair);
  d.split_pair();
  d.out(Type::pred);
  const Operand second = two ? d.take() : Operand();
  decode_operands(d, type);
  if (two) {
    d.in.count = 2;
    d.place_out(second, Type::pred);
  }
  d.finish(pick(d, type, true));
}

void decode_set_value(Decoder& d) {
  decode_combination(d);
  const Type result = d.type_of({Type::u32, Type::s32, Type::f32});
  const Type type = d.type();
  decode_comparison(d, is_float(type));
  d.in.size = result == Type::f32 ? 4 : 0;
  d.out(result);
  decode_operands(d, type);
  d.finish(pick(d, type, false));
}

// in.mode: 1 if the predicate is negated.
template <class T>
void select(Machine& m, const Instruction& in) {
  const bool first = bool(get<uint8_t>(m, in, 3) & 1) != bool(in.mode);
  put<T>(m, in, 0, get<T>(m, in, first ? 1 : 2));
}

void decode_select(Decoder& d) {
  const Type type = d.type();
  d.shape(type, {type, type});
  d.in.mode = d.predicate();
  const unsigned width = bits_of(type);
  if (width < 16 || width > 64) d.unsupported();
  d.finish(width == 16 ? select<uint16_t> : width == 32 ? select<uint32_t> : select<uint64_t>);
}

// in.mode: 1 if c is a float.
template <class T>
void select_by_sign(Machine& m, const Instruction& in) {
  const bool first = in.mode ? get<float>(m, in, 3) >= 0 : get<int32_t>(m, in, 3) >= 0;
  put<T>(m, in, 0, get<T>(m, in, first ? 1 : 2));
}

void decode_select_by_sign(Decoder& d) {
  const Type type = d.type(), decider = d.type_of({Type::s32, Type::f32});
  d.shape(type, {type, type, decider});
  d.in.mode = decider == Type::f32;
  const unsigned width = bits_of(type);
  if (width < 16 || width > 64) d.unsupported();
  d.finish(width == 16   ? select_by_sign<uint16_t>
           : width == 32 ? select_by_sign<uint32_t>
                         : select_by_sign<uint64_t>);
}

}  // namespace

bool decode_compare(Decoder& d) {
  const std::string& name = d.word(0);
  if (name == "setp")
    decode_set_predicate(d);
  else if (name == "set")
    decode_set_value(d);
  else if (name == "selp")
    decode_select(d);
  else if (name == "slct")
    decode_select_by_sign(d);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
