// mma.cpp: mma.sync, D = A · B + C on small matrices spread over the registers of a warp.
//
// Products of two f16, bf16 or tf32 numbers are exact in f32. They are added to C one after another
// in the order of k, each sum rounded to nearest. PTX leaves the order and the precision of these
// sums open ("accumulation is performed with at least single precision", ISA, mma), so that a
// GPU's last bits may differ where sums are inexact. Integer sums are exact, f64 is fused.
#include <algorithm>

#include "formats.h"
#include "lanes.h"

namespace simt::ptx {

namespace {

// In the manual's terms: lane l is in group g = l / 4, and t = l % 4 within it.
struct Place {
  unsigned row, column;
};

// Element i of a lane's part of A (16 × K): `packed` elements to a register. Registers 0 and 2 hold
// row g, 1 and 3 row g + 8; 2 and 3 the second half of the columns.
constexpr Place place_in_a(unsigned lane, unsigned i, unsigned packed) {
  const unsigned reg = i / packed;
  return {lane / 4 + reg % 2 * 8, lane % 4 * packed + i % packed + reg / 2 * 4 * packed};
}
// Of B (K × 8): the same turned over, without the lower rows.
constexpr Place place_in_b(unsigned lane, unsigned i, unsigned packed) {
  return {lane % 4 * packed + i % packed + i / packed * 4 * packed, lane / 4};
}
// Of C and D (16 × 8): two columns, in row g, then in row g + 8.
constexpr Place place_in_c(unsigned lane, unsigned i) {
  return {lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2};
}

using Floats = float __attribute__((vector_size(32)));
using Integers = uint32_t __attribute__((vector_size(32)));

struct Half {
  using Sum = float;
  using Row = Floats;
  static constexpr unsigned packed = 2;
  static float of(uint32_t bits, unsigned i) { return HalfFormat::widen(uint16_t(bits >> 16 * i)); }
};
struct Bfloat {
  using Sum = float;
  using Row = Floats;
  static constexpr unsigned packed = 2;
  static float of(uint32_t bits, unsigned i) {
    return Bfloat16Format::widen(uint16_t(bits >> 16 * i));
  }
};
struct Tf32 {
  using Sum = float;
  using Row = Floats;
  static constexpr unsigned packed = 1;
  static float of(uint32_t bits, unsigned) { return bits_as<float>(bits & 0xffffe000u); }
};
template <class T>
struct Byte {
  using Sum = uint32_t;  // wraps
  using Row = Integers;
  static constexpr unsigned packed = 4;
  static uint32_t of(uint32_t bits, unsigned i) { return uint32_t(int32_t(T(bits >> 8 * i))); }
};

// in.mode: C and D are f16, two to a register. in.flags: integers saturate.
// Places: D, A, B, C, of which the lanes hold `in.count` registers of D and of C.
template <class A, class B, unsigned K>
struct Shape {
  using Sum = typename A::Sum;
  using Row = typename A::Row;
  static constexpr unsigned packed = A::packed;
  static constexpr unsigned a_elements = 16 * K / 32, b_elements = 8 * K / 32;
  static constexpr unsigned a_registers = a_elements / packed, b_registers = b_elements / packed;

  Sum a[16][K];
  Row b[K], c[16];

  void gather(const Lanes& lanes, unsigned l) {
    const Lane& lane = lanes[l];
    const unsigned first = lane.in->count;
    for (unsigned i = 0; i < a_elements; ++i) {
      const Place at = place_in_a(l, i, packed);
      a[at.row][at.column] = A::of(lane.read<uint32_t>(first + i / packed), i % packed);
    }
    for (unsigned i = 0; i < b_elements; ++i) {
      const Place at = place_in_b(l, i, packed);
      b[at.row][at.column] =
          B::of(lane.read<uint32_t>(first + a_registers + i / packed), i % packed);
    }
    const unsigned c_place = first + a_registers + b_registers;
    for (unsigned i = 0; i < 4; ++i) {
      const Place at = place_in_c(l, i);
      c[at.row][at.column] = lane.in->mode
                                 ? Sum(Half::of(lane.read<uint32_t>(c_place + i / 2), i % 2))
                                 : lane.read<Sum>(c_place + i);
    }
  }

  void multiply() {
    for (unsigned row = 0; row < 16; ++row) {
      Row sum = c[row];
      for (unsigned k = 0; k < K; ++k) sum += a[row][k] * b[k];
      c[row] = sum;
    }
  }

  void multiply_clamped() {
    for (unsigned row = 0; row < 16; ++row)
      for (unsigned column = 0; column < 8; ++column) {
        int64_t sum = int32_t(c[row][column]);
        for (unsigned k = 0; k < K; ++k) sum += int64_t(int32_t(a[row][k])) * int32_t(b[k][column]);
        c[row][column] = Sum(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
      }
  }

  void scatter(const Lanes& lanes, unsigned l) const {
    const Lane& lane = lanes[l];
    for (unsigned i = 0; i < 4; i += 2) {
      const Place at = place_in_c(l, i);
      const Sum left = c[at.row][at.column], right = c[at.row][at.column + 1];
      if (!lane.in->mode) {
        lane.write(i, left);
        lane.write(i + 1, right);
      } else if constexpr (std::is_same_v<Sum, float>) {
        lane.write(i / 2, HalfFormat::round<Round::nearest>(left) |
                              uint32_t(HalfFormat::round<Round::nearest>(right)) << 16);
      }
    }
  }

  static void combine(unsigned present, void* const* data) {
    const Lanes lanes(present, data);
    if (!lanes.whole()) return;
    Shape shape;
    for (unsigned lane = 0; lane < 32; ++lane) shape.gather(lanes, lane);
    if (lanes.first().in->flags)
      shape.multiply_clamped();
    else
      shape.multiply();
    for (unsigned lane = 0; lane < 32; ++lane) shape.scatter(lanes, lane);
  }

  static void run(Machine& m, const Instruction& in) {
    Lane own{&m, &in};
    meet_whole(m, in, combine, own);
    if (std::is_same_v<Sum, float>) count_flops_at(2 * 16 * 8 * K / 32, m.pc);
  }
};

// m8n8k4 of f64: A and B have one element a lane, C and D two.
void combine_double(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  if (!lanes.whole()) return;
  double c[32][2];
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned row = l / 4, column = l % 4 * 2 + i;
      c[l][i] = lanes[l].read<double>(4 + i);
      for (unsigned k = 0; k < 4; ++k)
        c[l][i] = std::fma(lanes[row * 4 + k].read<double>(2),
                           lanes[column * 4 + k].read<double>(3), c[l][i]);
    }
  for (unsigned l = 0; l < 32; ++l)
    for (unsigned i = 0; i < 2; ++i) lanes[l].write(i, c[l][i]);
}
void multiply_double(Machine& m, const Instruction& in) {
  Lane own{&m, &in};
  meet_whole(m, in, combine_double, own);
  count_flops_at(2 * 8 * 8 * 4 / 32, m.pc);
}

template <class A, class B, unsigned K>
void decode_shape(Decoder& d, Type d_type, Type c_type) {
  using S = Shape<A, B, K>;
  const bool half = d_type == Type::f16;
  if (d_type != c_type) d.unsupported();
  const Type type = half ? Type::b32 : d_type;
  d.in.mode = half;
  d.in.count = half ? 2 : 4;
  d.outs(d.in.count, type);
  d.inputs(S::a_registers, Type::b32);
  d.inputs(S::b_registers, Type::b32);
  d.inputs(d.in.count, type);
  d.finish(S::run);
}

template <class A, class B>
void decode_bytes(Decoder& d, bool deep) {
  if (deep)
    decode_shape<A, B, 32>(d, Type::s32, Type::s32);
  else
    decode_shape<A, B, 16>(d, Type::s32, Type::s32);
}

void decode_integers(Decoder& d, Type a, Type b, bool deep) {
  if (d.has("satfinite")) d.in.flags = 1;
  const bool a_signed = a == Type::s8, b_signed = b == Type::s8;
  if (a_signed && b_signed)
    decode_bytes<Byte<int8_t>, Byte<int8_t>>(d, deep);
  else if (a_signed)
    decode_bytes<Byte<int8_t>, Byte<uint8_t>>(d, deep);
  else if (b_signed)
    decode_bytes<Byte<uint8_t>, Byte<int8_t>>(d, deep);
  else
    decode_bytes<Byte<uint8_t>, Byte<uint8_t>>(d, deep);
}

void decode_doubles(Decoder& d) {
  d.outs(2, Type::f64);
  d.inputs(1, Type::f64);
  d.inputs(1, Type::f64);
  d.inputs(2, Type::f64);
  d.finish(multiply_double);
}

void decode(Decoder& d, int shape) {
  enum { k4, k8, k16, k32, small };
  const Type to = d.type(), a = d.type(), b = d.type(), c = d.type();
  const bool to_single = to == Type::f32 && c == Type::f32;
  const bool bytes = (a == Type::s8 || a == Type::u8) && (b == Type::s8 || b == Type::u8);
  if (shape == small && to == Type::f64 && a == to && b == to && c == to) return decode_doubles(d);
  if ((shape == k16 || shape == k32) && bytes && to == Type::s32 && c == to)
    return decode_integers(d, a, b, shape == k32);
  if (a != b) d.unsupported();
  if (a == Type::f16 && (to_single || to == Type::f16)) {
    if (shape == k8) return decode_shape<Half, Half, 8>(d, to, c);
    if (shape == k16) return decode_shape<Half, Half, 16>(d, to, c);
  }
  if (a == Type::bf16 && to_single) {
    if (shape == k8) return decode_shape<Bfloat, Bfloat, 8>(d, to, c);
    if (shape == k16) return decode_shape<Bfloat, Bfloat, 16>(d, to, c);
  }
  if (a == Type::tf32 && to_single) {
    if (shape == k4) return decode_shape<Tf32, Tf32, 4>(d, to, c);
    if (shape == k8) return decode_shape<Tf32, Tf32, 8>(d, to, c);
  }
  d.unsupported();
}

}  // namespace

bool decode_mma(Decoder& d) {
  if (d.word(0) != "mma") return false;
  if (!d.has("sync") || !d.has("aligned") || !d.has("row") || !d.has("col")) d.unsupported();
  const int shape = d.one_of({"m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "m8n8k4"});
  if (shape < 0) d.unsupported();
  decode(d, shape);
  return true;
}

}  // namespace simt::ptx
