// multiply.h: the arithmetic of a warp's matrix product on plain arrays.
#pragma once
#include "formats.h"

namespace simt::ptx {

// c += a b: a has `rows` rows of `depth`, b and c have rows of 8; each sum in the order of k.
void multiply_add(const float* a, const float* b, float* c, unsigned rows, unsigned depth);

void widen_halves(const uint16_t* from, float* to, unsigned count);  // count: a multiple of 8
float half_value(uint16_t bits);
uint16_t half_bits(float value);  // to nearest

// Formats of A and B: elements as registers hold them, and their values.
struct Halves {
  using Bits = uint16_t;
  static void widen(const Bits* from, float* to, unsigned count) { widen_halves(from, to, count); }
};
struct Bfloats {
  using Bits = uint16_t;
  static void widen(const Bits* from, float* to, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] = Bfloat16Format::widen(from[i]);
  }
};
// The device looks at the upper 19 bits of the register only.
struct Tf32s {
  using Bits = uint32_t;
  static void widen(const Bits* from, float* to, unsigned count) {
    for (unsigned i = 0; i < count; ++i) to[i] = bits_as<float>(from[i] & 0xffffe000u);
  }
};

}  // namespace simt::ptx
