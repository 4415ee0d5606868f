// atomic.cpp: atom and red.
#include "../services.h"
#include "exec.h"
#include "formats.h"

namespace simt::ptx {

namespace {

enum Flag : uint32_t { kReleases = 1, kIsSwap = 2 };

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 2, uint16_t,
                                  std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;

// Places: what was there before, address, b, c.
template <class T, class F>
void atomically(Machine& m, const Instruction& in) {
  using Bits = BitsOf<T>;
  const uint64_t address = address_of(m, in, 0, 1, sizeof(T));
  if (in.flags & kReleases) fence_at(m.pc);
  access_at(address, sizeof(T), Access::atomic, m.pc);
  const T b = get<T>(m, in, 2), c = get<T>(m, in, 3);
  Bits old;
  {
    Touching touching;
    Bits* place = reinterpret_cast<Bits*>(address);
    old = __atomic_load_n(place, __ATOMIC_RELAXED);
    for (;;) {
      const T next = F::of(bits_as<T>(old), b, c);
      if (__atomic_compare_exchange_n(place, &old, bits_as<Bits>(next), false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED))
        break;
    }
  }
  put(m, in, 0, old);
  // A failed swap is mostly a thread that waits for a lock: let its owner run.
  if (in.flags & kIsSwap && old != bits_as<Bits>(b)) spin_at(m.pc);
}

struct Add {
  template <class T>
  static T of(T a, T b, T) {
    return T(a + b);
  }
};
struct Min {
  template <class T>
  static T of(T a, T b, T) {
    return b < a ? b : a;
  }
};
struct Max {
  template <class T>
  static T of(T a, T b, T) {
    return a < b ? b : a;
  }
};
struct And {
  template <class T>
  static T of(T a, T b, T) {
    return a & b;
  }
};
struct Or {
  template <class T>
  static T of(T a, T b, T) {
    return a | b;
  }
};
struct Xor {
  template <class T>
  static T of(T a, T b, T) {
    return a ^ b;
  }
};
struct Exchange {
  template <class T>
  static T of(T, T b, T) {
    return b;
  }
};
struct Swap {
  template <class T>
  static T of(T a, T b, T c) {
    return a == b ? c : a;
  }
};
struct Increment {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t) { return a >= b ? 0 : a + 1; }
};
struct Decrement {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t) { return a == 0 || a > b ? b : a - 1; }
};

// One or two 16-bit floats; the sum of two is exact in two doubles and rounded once.
template <class Format, class T>
struct AddHalves {
  static uint32_t one(uint16_t a, uint16_t b) {
    const Sum sum = exact_sum(double(Format::widen(a)), double(Format::widen(b)));
    return Format::template round<Round::nearest>(odd_float(sum));
  }
  static T of(T a, T b, T) {
    uint32_t sum = one(uint16_t(a), uint16_t(b));
    if (sizeof(T) == 4) sum |= one(uint16_t(uint32_t(a) >> 16), uint16_t(uint32_t(b) >> 16)) << 16;
    return T(sum);
  }
};

Handler add_for(Decoder& d, Type type) {
  switch (type) {
    case Type::u32:
      return atomically<uint32_t, Add>;
    case Type::s32:
      return atomically<uint32_t, Add>;
    case Type::u64:
      return atomically<uint64_t, Add>;
    case Type::s64:
      return atomically<uint64_t, Add>;
    case Type::f32:
      return atomically<float, Add>;
    case Type::f64:
      return atomically<double, Add>;
    case Type::f16:
      return atomically<uint16_t, AddHalves<HalfFormat, uint16_t>>;
    case Type::f16x2:
      return atomically<uint32_t, AddHalves<HalfFormat, uint32_t>>;
    case Type::bf16:
      return atomically<uint16_t, AddHalves<Bfloat16Format, uint16_t>>;
    case Type::bf16x2:
      return atomically<uint32_t, AddHalves<Bfloat16Format, uint32_t>>;
    default:
      d.unsupported();
  }
}

template <class F>
Handler extreme_for(Decoder& d, Type type) {
  switch (type) {
    case Type::u32:
      return atomically<uint32_t, F>;
    case Type::s32:
      return atomically<int32_t, F>;
    case Type::u64:
      return atomically<uint64_t, F>;
    case Type::s64:
      return atomically<int64_t, F>;
    default:
      d.unsupported();
  }
}

template <class F>
Handler bits_for(Decoder& d, Type type) {
  if (type == Type::b32) return atomically<uint32_t, F>;
  if (type == Type::b64) return atomically<uint64_t, F>;
  d.unsupported();
}

Handler pick(Decoder& d, int operation, Type type) {
  switch (operation) {
    case 0:
      return add_for(d, type);
    case 1:
      return extreme_for<Min>(d, type);
    case 2:
      return extreme_for<Max>(d, type);
    case 3:
      return bits_for<And>(d, type);
    case 4:
      return bits_for<Or>(d, type);
    case 5:
      return bits_for<Xor>(d, type);
    case 6:
      return bits_for<Exchange>(d, type);
    case 7:
      return type == Type::b16 ? atomically<uint16_t, Swap> : bits_for<Swap>(d, type);
    default:
      if (type != Type::u32) d.unsupported();
      return operation == 8 ? atomically<uint32_t, Increment> : atomically<uint32_t, Decrement>;
  }
}

}  // namespace

bool decode_atomic(Decoder& d) {
  const bool returns = d.word(0) == "atom";
  if (!returns && d.word(0) != "red") return false;
  if (d.has("async")) d.unsupported();
  if (d.has("release") || d.has("acq_rel")) d.in.flags |= kReleases;
  d.ignore({"relaxed", "acquire", "cta", "cluster", "gpu", "sys", "noftz"});
  const AddressSpace space = d.space();
  const int operation =
      d.one_of({"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
  const bool policy = d.has("L2::cache_hint");
  const Type type = d.type();
  if (operation < 0 || (!returns && (operation == 6 || operation == 7))) d.unsupported();
  if (operation == 7) d.in.flags |= kIsSwap;
  const Handler run = pick(d, operation, type);
  if (returns)
    d.out(type);
  else
    d.place_out(Operand(), type);
  d.address(space);
  d.input(type);
  if (operation == 7)
    d.input(type);
  else
    d.constant_input(0);
  if (policy) d.input(Type::b64);
  d.finish(run);
  return true;
}

}  // namespace simt::ptx
