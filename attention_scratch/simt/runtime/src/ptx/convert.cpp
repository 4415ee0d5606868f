// convert.cpp: cvt between numbers of every kind.
#include "exec.h"
#include "rounding.h"

namespace simt::ptx {

namespace {

enum Flag : uint32_t { kFlush = 1, kClamp = 2, kAtLeastZero = 4, kFinite = 8 };

struct Source {
  Sum value;
  bool is_float;
};

Source source_of(Machine& m, const Instruction& in, unsigned place, Type type) {
  switch (type) {
    case Type::u8:
      return {exact(get<uint8_t>(m, in, place)), false};
    case Type::u16:
      return {exact(get<uint16_t>(m, in, place)), false};
    case Type::u32:
      return {exact(get<uint32_t>(m, in, place)), false};
    case Type::u64:
      return {exact(get<uint64_t>(m, in, place)), false};
    case Type::s8:
      return {exact(get<int8_t>(m, in, place)), false};
    case Type::s16:
      return {exact(get<int16_t>(m, in, place)), false};
    case Type::s32:
      return {exact(get<int32_t>(m, in, place)), false};
    case Type::s64:
      return {exact(get<int64_t>(m, in, place)), false};
    case Type::f16:
      return {exact(HalfFormat::widen(get<uint16_t>(m, in, place))), true};
    case Type::bf16:
      return {exact(Bfloat16Format::widen(get<uint16_t>(m, in, place))), true};
    case Type::f32: {
      const float value = get<float>(m, in, place);
      const bool flush = in.flags & kFlush && std::fpclassify(value) == FP_SUBNORMAL;
      return {exact(flush ? std::copysign(0.0f, value) : value), true};
    }
    default:
      return {exact(get<double>(m, in, place)), true};
  }
}

template <class Integer>
uint64_t to_whole_number(const Source& source, Mode mode, bool from_double) {
  if (from_double || std::isfinite(source.value.high)) {
    switch (mode) {
      case Mode::zero:
        return uint64_t(to_integer<Integer, Round::zero>(source.value.high));
      case Mode::down:
        return uint64_t(to_integer<Integer, Round::down>(source.value.high));
      case Mode::up:
        return uint64_t(to_integer<Integer, Round::up>(source.value.high));
      default:
        return uint64_t(to_integer<Integer, Round::nearest>(source.value.high));
    }
  }
  return uint64_t(to_integer<Integer, Round::zero>(float(source.value.high)));
}

// in.mode: the rounding; in.count and in.size: the two types.
struct Types {
  Type to, from;
};
Types types_of(const Instruction& in) { return {Type(in.count), Type(in.size)}; }

uint64_t whole(const Source& source, Type to, Mode mode, Type from) {
  const bool wide = from == Type::f64;
  switch (to) {
    case Type::u8:
      return uint8_t(to_whole_number<uint8_t>(source, mode, wide));
    case Type::u16:
      return uint16_t(to_whole_number<uint16_t>(source, mode, wide));
    case Type::u32:
      return uint32_t(to_whole_number<uint32_t>(source, mode, wide));
    case Type::u64:
      return to_whole_number<uint64_t>(source, mode, wide);
    case Type::s8:
      return uint8_t(to_whole_number<int8_t>(source, mode, wide));
    case Type::s16:
      return uint16_t(to_whole_number<int16_t>(source, mode, wide));
    case Type::s32:
      return uint32_t(to_whole_number<int32_t>(source, mode, wide));
    default:
      return to_whole_number<int64_t>(source, mode, wide);
  }
}

// A register wider than the type holds the number, sign included. in.offset[0]: its bits.
void put_integer(Machine& m, const Instruction& in, uint64_t bits, Type type) {
  m.reg[in.r[0]] = uint64_t(integer_of(bits, type)) & (~0ull >> (64 - in.offset[0]));
}

void to_integer_from_float(Machine& m, const Instruction& in) {
  const Types types = types_of(in);
  const Source source = source_of(m, in, 1, types.from);
  put_integer(m, in, whole(source, types.to, Mode(in.mode), types.from), types.to);
}

void to_integer_from_integer(Machine& m, const Instruction& in) {
  const Types types = types_of(in);
  __int128 value = integer_of(m.reg[in.r[1]], types.from);
  if (in.flags & kClamp) {
    const __int128 top = limit(types.to, true), bottom = limit(types.to, false);
    value = value > top ? top : value < bottom ? bottom : value;
  }
  put_integer(m, in, uint64_t(value), types.to);
}

uint64_t number_bits(const Instruction& in, Sum value, Type to) {
  const Mode mode = Mode(in.mode);
  if (in.flags & kClamp) value = value.high > 0 ? (value.high < 1 ? value : Sum{1, 0}) : Sum{0, 0};
  if (in.flags & kAtLeastZero && value.high <= 0) value = {0, 0};
  switch (to) {
    case Type::f16:
      return to_half<HalfFormat>(value, mode);
    case Type::bf16:
      return to_half<Bfloat16Format>(value, mode);
    case Type::tf32:
      return to_tf32(float(value.high), mode);
    case Type::f64:
      return bits_as<uint64_t>(to_double(value, mode));
    default: {
      const float single = to_single(value, mode);
      const bool flush = in.flags & kFlush && std::fpclassify(single) == FP_SUBNORMAL;
      if (single != single) return 0x7fffffff;
      return bits_as<uint32_t>(flush ? std::copysign(0.0f, single) : single);
    }
  }
}

void to_number(Machine& m, const Instruction& in) {
  const Types types = types_of(in);
  uint64_t bits = number_bits(in, source_of(m, in, 1, types.from).value, types.to);
  if (in.flags & kFinite) bits = finite(bits, types.to);
  m.reg[in.r[0]] = bits;
}

// cvt.rn.f16x2.f32 d, a, b: a in the upper half.
void to_pair(Machine& m, const Instruction& in) {
  const Type half = types_of(in).to == Type::f16x2 ? Type::f16 : Type::bf16;
  uint64_t upper = number_bits(in, source_of(m, in, 1, Type::f32).value, half);
  uint64_t lower = number_bits(in, source_of(m, in, 2, Type::f32).value, half);
  if (in.flags & kFinite) upper = finite(upper, half), lower = finite(lower, half);
  m.reg[in.r[0]] = upper << 16 | lower;
}

// cvt.rni.f32.f32 and its kin: to a whole number of the same type.
template <class T>
void to_whole_float(Machine& m, const Instruction& in) {
  T value = get<T>(m, in, 1);
  if (in.flags & kFlush && std::fpclassify(value) == FP_SUBNORMAL)
    value = std::copysign(T(0), value);
  switch (Mode(in.mode)) {
    case Mode::zero:
      value = std::trunc(value);
      break;
    case Mode::down:
      value = std::floor(value);
      break;
    case Mode::up:
      value = std::ceil(value);
      break;
    default:
      value = std::rint(value);
  }
  if (in.flags & kClamp) value = value > 0 ? (value < 1 ? value : T(1)) : T(0);
  put<T>(m, in, 0, value);
}

Handler decode_numbers(Decoder& d, Type to, Type from, int whole_mode, int mode) {
  const bool to_float_type = is_float(to), from_float = is_float(from);
  if (!to_float_type) {
    if (!from_float) {
      if (mode >= 0 || whole_mode >= 0) d.unsupported();
      return to_integer_from_integer;
    }
    if (whole_mode < 0) d.wrong("a rounding mode (.rni, .rzi, …) must be given");
    return to_integer_from_float;
  }
  if (whole_mode >= 0) {
    if (to != from || (to != Type::f32 && to != Type::f64)) d.unsupported();
    return to == Type::f32 ? to_whole_float<float> : to_whole_float<double>;
  }
  const bool exact = from_float && bits_of(from) < bits_of(to) && to != Type::tf32;
  if (mode < 0 && !exact && to != from) d.wrong("a rounding mode (.rn, …) must be given");
  if (to == Type::tf32 && from != Type::f32) d.unsupported();
  if ((mode == int(Mode::away)) != (to == Type::tf32 && mode > int(Mode::zero))) d.unsupported();
  return to_number;
}

}  // namespace

bool decode_convert(Decoder& d) {
  if (d.word(0) != "cvt") return false;
  const int whole_mode = d.one_of({"rni", "rzi", "rmi", "rpi"});
  const int mode = d.one_of({"rn", "rz", "rm", "rp", "rna"});
  if (d.has("ftz")) d.in.flags |= kFlush;
  if (d.has("satfinite")) d.in.flags |= kFinite;
  if (d.has("sat")) d.in.flags |= kClamp;
  if (d.has("relu")) d.in.flags |= kAtLeastZero;
  const Type to = d.type(), from = d.type();
  if (is_bits(to) || is_bits(from)) d.unsupported();
  if (from == Type::tf32 || to == Type::pred || from == Type::pred) d.unsupported();
  if (from == Type::f16x2 || from == Type::bf16x2) d.unsupported();
  d.in.mode = uint8_t(whole_mode >= 0 ? whole_mode : mode >= 0 ? mode : 0);
  d.in.count = uint8_t(to);
  d.in.size = uint8_t(from);
  const bool pair = to == Type::f16x2 || to == Type::bf16x2;
  if (pair && (from != Type::f32 || mode < 0 || mode > 1)) d.unsupported();
  const bool sixteen = pair || to == Type::f16 || to == Type::bf16;
  if (d.in.flags & kFinite && !sixteen) d.unsupported();
  d.in.offset[0] = int32_t(d.next_bits());
  d.out(to, !is_float(to));
  d.input(from, !is_float(from));
  if (pair) d.input(from);
  d.finish(pair ? to_pair : decode_numbers(d, to, from, whole_mode, mode));
  return true;
}

}  // namespace simt::ptx
