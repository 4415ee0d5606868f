// bits.cpp: instructions that move single bits and bytes.
#include "exec.h"

namespace simt::ptx {

namespace {

// Bit i of the table is the result where a, b, c have the bits of i (a the highest).
void logic_of_three(Machine& m, const Instruction& in) {
  const uint32_t a = get<uint32_t>(m, in, 1), b = get<uint32_t>(m, in, 2),
                 c = get<uint32_t>(m, in, 3);
  uint32_t result = 0;
  for (unsigned i = 0; i < 8; ++i)
    if (in.mode >> i & 1) result |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
  put(m, in, 0, result);
}

// Selectors of bytes for each of the special modes of prmt, by the lowest two bits of c.
constexpr uint16_t kPermutations[6][4] = {
    {0x3210, 0x4321, 0x5432, 0x6543},   // f4e: four bytes forward
    {0x5670, 0x6701, 0x7012, 0x0123},   // b4e: backward
    {0x0000, 0x1111, 0x2222, 0x3333},   // rc8: one byte everywhere
    {0x3210, 0x3211, 0x3222, 0x3333},   // ecl: edge clamp left
    {0x0000, 0x1110, 0x2210, 0x3210},   // ecr: edge clamp right
    {0x1010, 0x3232, 0x1010, 0x3232}};  // rc16: one half everywhere

void permute(Machine& m, const Instruction& in) {
  const uint64_t bytes = get<uint32_t>(m, in, 1) | uint64_t(get<uint32_t>(m, in, 2)) << 32;
  uint32_t selectors = get<uint32_t>(m, in, 3), result = 0;
  if (in.mode) selectors = kPermutations[in.mode - 1][selectors & 3];
  for (unsigned i = 0; i < 4; ++i) {
    const uint32_t selector = selectors >> 4 * i & 15;
    uint32_t byte = bytes >> 8 * (selector & 7) & 0xff;
    if (selector & 8) byte = byte & 0x80 ? 0xff : 0;  // its sign alone
    result |= byte << 8 * i;
  }
  put(m, in, 0, result);
}

template <class T>
void extract_field(Machine& m, const Instruction& in) {
  using U = std::make_unsigned_t<T>;
  constexpr unsigned top = 8 * sizeof(T) - 1;
  const U a = get<U>(m, in, 1);
  const unsigned start = get<uint32_t>(m, in, 2) & 0xff, length = get<uint32_t>(m, in, 3) & 0xff;
  // Past the highest bit, or past the field, a signed field repeats its own highest bit.
  const unsigned last = start + length - 1 < top ? start + length - 1 : top;
  const U sign = std::is_signed_v<T> && length ? a >> last & 1 : 0;
  U result = 0;
  for (unsigned i = 0; i <= top; ++i)
    result |= (i < length && start + i <= top ? a >> (start + i) & 1 : sign) << i;
  put<U>(m, in, 0, result);
}

template <class T>
void insert_field(Machine& m, const Instruction& in) {
  constexpr unsigned top = 8 * sizeof(T) - 1;
  const T a = get<T>(m, in, 1);
  T result = get<T>(m, in, 2);
  const unsigned start = get<uint32_t>(m, in, 3) & 0xff, length = get<uint32_t>(m, in, 4) & 0xff;
  for (unsigned i = 0; i < length && start + i <= top; ++i)
    result = T((result & ~(T(1) << (start + i))) | (a >> i & 1) << (start + i));
  put<T>(m, in, 0, result);
}

// The highest bit that differs from the sign; mode: as the shift that brings it to the top.
template <class T>
void find_bit(Machine& m, const Instruction& in) {
  using U = std::make_unsigned_t<T>;
  constexpr unsigned top = 8 * sizeof(T) - 1;
  T a = get<T>(m, in, 1);
  if (std::is_signed_v<T> && a < 0) a = T(~a);
  uint32_t result = ~0u;
  for (unsigned i = 0; i <= top; ++i)
    if (U(a) >> i & 1) result = i;
  if (in.mode && result != ~0u) result = top - result;
  put(m, in, 0, result);
}

struct Reverse {
  template <class T>
  static T of(T a) {
    T result = 0;
    for (unsigned i = 0; i < 8 * sizeof(T); ++i) result = T(result << 1 | (a >> i & 1));
    return result;
  }
};

template <class T>
void count_bits(Machine& m, const Instruction& in) {
  put(m, in, 0, uint32_t(__builtin_popcountll(get<T>(m, in, 1))));
}
template <class T>
void leading_zeros(Machine& m, const Instruction& in) {
  const uint64_t a = get<T>(m, in, 1);
  put(m, in, 0, a ? uint32_t(__builtin_clzll(a) - (64 - 8 * int(sizeof(T)))) : 8u * sizeof(T));
}

// mode: 1 left, else right; 2 the amount stops at 32, else it counts modulo 32.
void funnel_shift(Machine& m, const Instruction& in) {
  const uint64_t both = get<uint32_t>(m, in, 1) | uint64_t(get<uint32_t>(m, in, 2)) << 32;
  uint32_t by = get<uint32_t>(m, in, 3);
  by = in.mode & 2 ? (by < 32 ? by : 32) : by & 31;
  put(m, in, 0, uint32_t(in.mode & 1 ? both >> (32 - by) : both >> by));
}

// Four products of bytes and a sum; mode: 1 if a is signed, 2 if b is.
void dot_of_bytes(Machine& m, const Instruction& in) {
  const uint32_t a = get<uint32_t>(m, in, 1), b = get<uint32_t>(m, in, 2);
  uint32_t sum = get<uint32_t>(m, in, 3);
  for (unsigned i = 0; i < 32; i += 8) {
    const int x = in.mode & 1 ? int8_t(a >> i) : uint8_t(a >> i);
    const int y = in.mode & 2 ? int8_t(b >> i) : uint8_t(b >> i);
    sum += uint32_t(x * y);
  }
  put(m, in, 0, sum);
}

void decode_logic(Decoder& d) {
  const Type type = d.type_of({Type::b32});
  d.shape(type, {type, type, type});
  const int64_t table = d.constant();
  if (table < 0 || table > 255) d.wrong("the table of lop3 has 8 bits");
  d.in.mode = uint8_t(table);
  d.finish(logic_of_three);
}

void decode_permute(Decoder& d) {
  const Type type = d.type_of({Type::b32});
  d.in.mode = uint8_t(1 + d.one_of({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"}));
  d.shape(type, {type, type, type});
  d.finish(permute);
}

void decode_field(Decoder& d, bool insert) {
  if (insert) {
    const Type type = d.type_of({Type::b32, Type::b64});
    d.shape(type, {type, type, Type::u32, Type::u32});
    return d.finish(type == Type::b32 ? insert_field<uint32_t> : insert_field<uint64_t>);
  }
  const Type type = d.type_of({Type::u32, Type::u64, Type::s32, Type::s64});
  d.shape(type, {type, Type::u32, Type::u32});
  d.finish(for_integer(d, type, [](auto zero) { return Handler(extract_field<decltype(zero)>); }));
}

void decode_find(Decoder& d) {
  d.in.mode = d.has("shiftamt");
  const Type type = d.type_of({Type::u32, Type::u64, Type::s32, Type::s64});
  d.shape(Type::u32, {type});
  d.finish(for_integer(d, type, [](auto zero) { return Handler(find_bit<decltype(zero)>); }));
}

void decode_count(Decoder& d, Handler narrow, Handler wide) {
  const Type type = d.type_of({Type::b32, Type::b64});
  d.shape(Type::u32, {type});
  d.finish(type == Type::b32 ? narrow : wide);
}

void decode_reverse(Decoder& d) {
  const Type type = d.type_of({Type::b32, Type::b64});
  d.shape(type, {type});
  d.finish(unary_integer<Reverse>(d, type));
}

void decode_funnel(Decoder& d) {
  const int direction = d.one_of({"r", "l"}), amount = d.one_of({"wrap", "clamp"});
  if (direction < 0 || amount < 0) d.unsupported();
  d.in.mode = uint8_t(direction | amount << 1);
  const Type type = d.type_of({Type::b32});
  d.shape(type, {type, type, Type::u32});
  d.finish(funnel_shift);
}

void decode_dot(Decoder& d) {
  const Type a = d.type_of({Type::u32, Type::s32}), b = d.type_of({Type::u32, Type::s32});
  d.in.mode = uint8_t((a == Type::s32) | (b == Type::s32) << 1);
  d.shape(Type::b32, {Type::b32, Type::b32, Type::b32});
  d.finish(dot_of_bytes);
}

}  // namespace

bool decode_bits(Decoder& d) {
  const std::string& name = d.word(0);
  if (name == "lop3")
    decode_logic(d);
  else if (name == "prmt")
    decode_permute(d);
  else if (name == "bfe")
    decode_field(d, false);
  else if (name == "bfi")
    decode_field(d, true);
  else if (name == "bfind")
    decode_find(d);
  else if (name == "brev")
    decode_reverse(d);
  else if (name == "popc")
    decode_count(d, count_bits<uint32_t>, count_bits<uint64_t>);
  else if (name == "clz")
    decode_count(d, leading_zeros<uint32_t>, leading_zeros<uint64_t>);
  else if (name == "shf")
    decode_funnel(d);
  else if (name == "dp4a")
    decode_dot(d);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
