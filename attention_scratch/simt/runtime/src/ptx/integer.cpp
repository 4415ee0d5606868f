// integer.cpp: instructions of arithmetic and logic on integers.
#include "integer_functions.h"

#include "exec.h"

namespace simt::ptx {

namespace {

template <class T>
void shift_left(Machine& m, const Instruction& in) {
  const uint32_t by = get<uint32_t>(m, in, 2);
  put<T>(m, in, 0, by < kBits<T> ? T(uint64_t(get<T>(m, in, 1)) << by) : T(0));
}
template <class T>
void shift_right(Machine& m, const Instruction& in) {
  const uint32_t by = get<uint32_t>(m, in, 2);
  const T value = get<T>(m, in, 1);
  put<T>(m, in, 0, T(by < kBits<T> ? value >> by : value < 0 ? -1 : 0));
}

template <class T>
void multiply_wide(Machine& m, const Instruction& in) {
  put<Wide<T>>(m, in, 0, Wide<T>(get<T>(m, in, 1)) * get<T>(m, in, 2));
}
template <class T>
void multiply_add_wide(Machine& m, const Instruction& in) {
  using W = std::make_unsigned_t<Wide<T>>;
  const W product = W(Wide<T>(get<T>(m, in, 1)) * get<T>(m, in, 2));
  put<W>(m, in, 0, product + get<W>(m, in, 3));
}

Type wider(Decoder& d, Type type) {
  switch (type) {
    case Type::u16:
      return Type::u32;
    case Type::s16:
      return Type::s32;
    case Type::u32:
      return Type::u64;
    case Type::s32:
      return Type::s64;
    default:
      d.unsupported();
  }
}

void decode_wide(Decoder& d, Type type, bool with_sum) {
  const Type result = wider(d, type);
  d.shape(result, {type, type});
  if (with_sum) d.input(result);
  switch (type) {
    case Type::u16:
      return d.finish(with_sum ? multiply_add_wide<uint16_t> : multiply_wide<uint16_t>);
    case Type::s16:
      return d.finish(with_sum ? multiply_add_wide<int16_t> : multiply_wide<int16_t>);
    case Type::u32:
      return d.finish(with_sum ? multiply_add_wide<uint32_t> : multiply_wide<uint32_t>);
    default:
      return d.finish(with_sum ? multiply_add_wide<int32_t> : multiply_wide<int32_t>);
  }
}

void decode_multiply(Decoder& d, bool with_sum) {
  const int part = d.one_of({"lo", "hi", "wide"});
  const bool clamp = d.has("sat");
  const Type type = d.type();
  if (part < 0) d.unsupported();
  if (clamp && !(with_sum && part == 1 && type == Type::s32)) d.unsupported();
  if (part == 2) return decode_wide(d, type, with_sum);
  d.shape(type, {type, type});
  if (!with_sum)
    return d.finish(part ? binary_integer<High>(d, type) : binary_integer<Low>(d, type));
  d.input(type);
  if (clamp) return d.finish(ternary<int32_t, HighClamped>);
  d.finish(part ? ternary_integer<High>(d, type) : ternary_integer<Low>(d, type));
}

template <class Plain, class Clamped>
void decode_sum(Decoder& d) {
  const bool clamp = d.has("sat");
  const Type type = d.type();
  if (clamp && type != Type::s32) d.unsupported();
  d.shape(type, {type, type});
  d.finish(clamp ? binary<int32_t, Clamped> : binary_integer<Plain>(d, type));
}

template <class F>
void decode_binary(Decoder& d) {
  const Type type = d.type();
  d.shape(type, {type, type});
  d.finish(binary_integer<F>(d, type));
}

template <class F>
void decode_unary(Decoder& d, std::initializer_list<Type> types) {
  const Type type = d.type_of(types);
  d.shape(type, {type});
  d.finish(unary_integer<F>(d, type));
}

template <class F>
void decode_logic(Decoder& d) {
  const Type type = d.type_of({Type::pred, Type::b16, Type::b32, Type::b64});
  d.out(type);
  for (int i = 0; i < 2; ++i) {
    if (type == Type::pred && d.predicate()) d.unsupported();
    if (type != Type::pred) d.input(type);
  }
  d.finish(type == Type::pred ? binary<uint8_t, F> : binary_integer<F>(d, type));
}

void decode_not(Decoder& d) {
  const Type type = d.type_of({Type::pred, Type::b16, Type::b32, Type::b64});
  d.shape(type, {type});
  d.finish(type == Type::pred ? unary<uint8_t, PredicateNot> : unary_integer<Not>(d, type));
}

void decode_shift(Decoder& d, bool left) {
  const Type type = d.type();
  if (left && !is_bits(type)) d.unsupported();
  d.shape(type, {type, Type::u32});
  d.finish(for_integer(d, type, [&](auto zero) {
    using T = decltype(zero);
    return Handler(left ? shift_left<Unsigned<T>> : shift_right<T>);
  }));
}

}  // namespace

bool decode_integer(Decoder& d) {
  const std::string& name = d.word(0);
  const auto all = {Type::s16, Type::s32, Type::s64};
  if (is_float(type_named(d.word(d.words() - 1)))) return false;
  if (name == "add")
    decode_sum<Add, AddClamped>(d);
  else if (name == "sub")
    decode_sum<Subtract, SubtractClamped>(d);
  else if (name == "mul")
    decode_multiply(d, false);
  else if (name == "mad")
    decode_multiply(d, true);
  else if (name == "div")
    decode_binary<Divide>(d);
  else if (name == "rem")
    decode_binary<Remainder>(d);
  else if (name == "min")
    decode_binary<Min>(d);
  else if (name == "max")
    decode_binary<Max>(d);
  else if (name == "abs")
    decode_unary<Absolute>(d, all);
  else if (name == "neg")
    decode_unary<Negate>(d, all);
  else if (name == "and")
    decode_logic<And>(d);
  else if (name == "or")
    decode_logic<Or>(d);
  else if (name == "xor")
    decode_logic<Xor>(d);
  else if (name == "not")
    decode_not(d);
  else if (name == "cnot")
    decode_unary<IsZero>(d, {Type::b16, Type::b32, Type::b64});
  else if (name == "shl")
    decode_shift(d, true);
  else if (name == "shr")
    decode_shift(d, false);
  else if (name == "sad") {
    const Type type = d.type();
    d.shape(type, {type, type, type});
    d.finish(ternary_integer<AbsoluteDifference>(d, type));
  } else
    return false;
  return true;
}

}  // namespace simt::ptx
