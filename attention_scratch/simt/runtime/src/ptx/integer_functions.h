// integer_functions.h: what integer instructions make of their operands. Everything wraps, as PTX
// says.
#pragma once
#include <cstdint>
#include <type_traits>

namespace simt::ptx {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
constexpr unsigned kBits = 8 * sizeof(T);
// Twice as wide, of the same sign.
template <class T>
using Wide = std::conditional_t<
    sizeof(T) == 8, std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>,
    std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>>>;

template <class T>
T clamped(Wide<T> value) {
  constexpr Wide<T> top = T(std::is_signed_v<T> ? Unsigned<T>(~Unsigned<T>()) >> 1 : ~T());
  constexpr Wide<T> bottom = std::is_signed_v<T> ? Wide<T>(-top - 1) : Wide<T>(0);
  return T(value > top ? top : value < bottom ? bottom : value);
}

struct Add {
  template <class T>
  static T of(T a, T b) {
    return T(Unsigned<T>(a) + Unsigned<T>(b));
  }
};
struct AddClamped {
  template <class T>
  static T of(T a, T b) {
    return clamped<T>(Wide<T>(a) + b);
  }
};
struct Subtract {
  template <class T>
  static T of(T a, T b) {
    return T(Unsigned<T>(a) - Unsigned<T>(b));
  }
};
struct SubtractClamped {
  template <class T>
  static T of(T a, T b) {
    return clamped<T>(Wide<T>(a) - b);
  }
};
struct Low {
  template <class T>
  static T of(T a, T b) {
    return T(uint64_t(a) * uint64_t(b));
  }
  template <class T>
  static T of(T a, T b, T c) {
    return T(uint64_t(a) * uint64_t(b) + uint64_t(c));
  }
};
struct High {
  template <class T>
  static T of(T a, T b) {
    return T((Wide<T>(a) * b) >> kBits<T>);
  }
  template <class T>
  static T of(T a, T b, T c) {
    return Add::of(of(a, b), c);
  }
};
struct HighClamped {
  template <class T>
  static T of(T a, T b, T c) {
    return clamped<T>(Wide<T>(High::of(a, b)) + c);
  }
};
// Division by zero has no defined result; GPUs give all ones, and the dividend as the remainder.
struct Divide {
  template <class T>
  static T of(T a, T b) {
    return b ? T(Wide<T>(a) / b) : T(~T());
  }
};
struct Remainder {
  template <class T>
  static T of(T a, T b) {
    return b ? T(Wide<T>(a) % b) : a;
  }
};
struct Min {
  template <class T>
  static T of(T a, T b) {
    return b < a ? b : a;
  }
};
struct Max {
  template <class T>
  static T of(T a, T b) {
    return a < b ? b : a;
  }
};
struct Absolute {
  template <class T>
  static T of(T a) {
    return a < 0 ? T(0 - Unsigned<T>(a)) : a;
  }
};
struct Negate {
  template <class T>
  static T of(T a) {
    return T(0 - Unsigned<T>(a));
  }
};
struct AbsoluteDifference {
  template <class T>
  static T of(T a, T b, T c) {
    return Add::of(a < b ? Subtract::of(b, a) : Subtract::of(a, b), c);
  }
};
struct And {
  template <class T>
  static T of(T a, T b) {
    return T(a & b);
  }
};
struct Or {
  template <class T>
  static T of(T a, T b) {
    return T(a | b);
  }
};
struct Xor {
  template <class T>
  static T of(T a, T b) {
    return T(a ^ b);
  }
};
struct Not {
  template <class T>
  static T of(T a) {
    return T(~a);
  }
};
struct IsZero {
  template <class T>
  static T of(T a) {
    return T(a == 0);
  }
};
struct PredicateNot {
  static uint8_t of(uint8_t a) { return uint8_t(a ^ 1); }
};

}  // namespace simt::ptx
