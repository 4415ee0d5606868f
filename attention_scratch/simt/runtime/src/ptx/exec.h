// exec.h: handlers made of a function of values, for the types an instruction comes in.
#pragma once
#include <type_traits>

#include "decode.h"

namespace simt::ptx {

// F has a static function `of` of one, two or three values.
template <class T, class F>
void unary(Machine& m, const Instruction& in) {
  put<T>(m, in, 0, F::of(get<T>(m, in, 1)));
}
template <class T, class F>
void binary(Machine& m, const Instruction& in) {
  put<T>(m, in, 0, F::of(get<T>(m, in, 1), get<T>(m, in, 2)));
}
template <class T, class F>
void ternary(Machine& m, const Instruction& in) {
  put<T>(m, in, 0, F::of(get<T>(m, in, 1), get<T>(m, in, 2), get<T>(m, in, 3)));
}

// make(T()) for the C++ type of an integer of 16, 32 or 64 bits.
template <class Make>
Handler for_integer(Decoder& d, Type type, Make make) {
  switch (type) {
    case Type::u16:
    case Type::b16:
      return make(uint16_t());
    case Type::u32:
    case Type::b32:
      return make(uint32_t());
    case Type::u64:
    case Type::b64:
      return make(uint64_t());
    case Type::s16:
      return make(int16_t());
    case Type::s32:
      return make(int32_t());
    case Type::s64:
      return make(int64_t());
    default:
      d.unsupported();
  }
}
template <class F>
Handler unary_integer(Decoder& d, Type type) {
  return for_integer(d, type, [](auto zero) { return Handler(unary<decltype(zero), F>); });
}
template <class F>
Handler binary_integer(Decoder& d, Type type) {
  return for_integer(d, type, [](auto zero) { return Handler(binary<decltype(zero), F>); });
}
template <class F>
Handler ternary_integer(Decoder& d, Type type) {
  return for_integer(d, type, [](auto zero) { return Handler(ternary<decltype(zero), F>); });
}

}  // namespace simt::ptx
