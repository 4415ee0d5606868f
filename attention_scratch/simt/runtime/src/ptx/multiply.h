// multiply.h: the arithmetic of a warp's matrix product on plain arrays.
#pragma once
#include "formats.h"

namespace simt::ptx {

// c += a b: a has `rows` (a multiple of 4) rows of `depth`, b and c have rows of 8, all aligned to
// 32 bytes; each sum in the order of k. Integers wrap.
void multiply_add(const float* a, const float* b, float* c, unsigned rows, unsigned depth);
void multiply_add(const uint32_t* a, const uint32_t* b, uint32_t* c, unsigned rows, unsigned depth);

void widen_halves(const uint32_t* from, float* to, unsigned words);  // words: a multiple of 4
float half_value(uint16_t bits);
uint16_t half_bits(float value);  // to nearest

// Formats of A and B: `packed` elements to a register, the first in its lowest bits.
struct Halves {
  using Sum = float;
  static constexpr unsigned packed = 2;
  static void widen(const uint32_t* from, float* to, unsigned words) {
    widen_halves(from, to, words);
  }
};
struct Bfloats {
  using Sum = float;
  static constexpr unsigned packed = 2;
  static void widen(const uint32_t* from, float* to, unsigned words) {
    for (unsigned i = 0; i < words; ++i) {
      to[2 * i] = bits_as<float>(from[i] << 16);
      to[2 * i + 1] = bits_as<float>(from[i] & 0xffff0000u);
    }
  }
};
// The device looks at the upper 19 bits of the register only.
struct Tf32s {
  using Sum = float;
  static constexpr unsigned packed = 1;
  static void widen(const uint32_t* from, float* to, unsigned words) {
    for (unsigned i = 0; i < words; ++i) to[i] = bits_as<float>(from[i] & 0xffffe000u);
  }
};

}  // namespace simt::ptx
