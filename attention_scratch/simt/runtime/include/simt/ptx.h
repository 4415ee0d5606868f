// ptx.h: inline PTX. Before a source is compiled, each of its asm statements becomes the expression
//   ({ static simt::PtxSite simt_site = {"add.u32 %0, %1, 1;", "=r r", nullptr};
//      auto& simt_o0 = (y); static_assert(…); const auto simt_o1 = (x); static_assert(…);
//      simt::PtxRegisters<4> simt_r = {{0, simt::ptx_bits(simt_o1)}};
//      simt_r = simt::ptx_run(&simt_site, simt_r); simt::ptx_set(simt_o0, simt_r.r[0]); })
// so the compiler sees the loads and stores of its operands, and the runtime only values.
#pragma once

namespace simt {

// One asm statement of the source. `operands` has two characters for each: '=', '+' or ' ', and its
// constraint. The runtime decodes the text when the statement first runs.
struct PtxSite {
  const char* text;
  const char* operands;
  void* program;
};

// Bits of the operands, from the lowest on. Passed by value: an address would make the compiler
// report these accesses too.
template <int N>
struct PtxRegisters {
  unsigned long long r[N];
};
PtxRegisters<4> ptx_run(PtxSite* site, PtxRegisters<4> registers);
PtxRegisters<8> ptx_run(PtxSite* site, PtxRegisters<8> registers);
PtxRegisters<16> ptx_run(PtxSite* site, PtxRegisters<16> registers);
PtxRegisters<32> ptx_run(PtxSite* site, PtxRegisters<32> registers);
PtxRegisters<256> ptx_run(PtxSite* site, PtxRegisters<256> registers);

// The types nvcc takes for a constraint.
template <char Constraint, class Place>
constexpr bool ptx_takes() {
  using T = std::remove_cv_t<std::remove_reference_t<Place>>;
  if constexpr (Constraint == 'f') return std::is_same_v<T, float>;
  if constexpr (Constraint == 'd') return std::is_same_v<T, double>;
  if constexpr (Constraint == 'n') return std::is_integral_v<T> || std::is_enum_v<T>;
  if constexpr (Constraint == 'C') {
    return std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char>;
  }
  if constexpr (Constraint == 'l' && std::is_pointer_v<T>) return true;
  constexpr size_t bytes = Constraint == 'h' ? 2 : Constraint == 'r' ? 4 : 8;
  return (std::is_integral_v<T> || std::is_enum_v<T>) && sizeof(T) == bytes;
}
template <char Constraint, class Place>
constexpr bool ptx_fits = ptx_takes<Constraint, Place>();

template <class T>
SIMT_INLINE unsigned long long ptx_bits(const T& value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<unsigned long long>(value);
  } else if constexpr (std::is_array_v<T>) {
    return reinterpret_cast<unsigned long long>(&value[0]);
  } else if constexpr (std::is_same_v<T, float>) {
    return __builtin_bit_cast(unsigned, value);
  } else if constexpr (std::is_same_v<T, double>) {
    return __builtin_bit_cast(unsigned long long, value);
  } else if constexpr (sizeof(T) < 8) {
    constexpr unsigned long long mask = (1ull << 8 * sizeof(T)) - 1;
    return static_cast<unsigned long long>(value) & mask;
  } else {
    return static_cast<unsigned long long>(value);
  }
}

template <class T>
SIMT_INLINE void ptx_set(T& place, unsigned long long bits) {
  using Value = std::remove_volatile_t<T>;
  if constexpr (std::is_pointer_v<Value>) {
    place = reinterpret_cast<Value>(bits);
  } else if constexpr (std::is_same_v<Value, float>) {
    place = __builtin_bit_cast(float, static_cast<unsigned>(bits));
  } else if constexpr (std::is_same_v<Value, double>) {
    place = __builtin_bit_cast(double, bits);
  } else {
    place = static_cast<Value>(bits);
  }
}

}  // namespace simt
