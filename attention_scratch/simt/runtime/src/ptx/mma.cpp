// mma.cpp: mma.sync, D = A · B + C on small matrices spread over the registers of a warp.
//
// Products of two f16, bf16 or tf32 numbers are exact in f32. They are added to C one after another
// in the order of k, each sum rounded to nearest. PTX leaves the order and the precision of these
// sums open ("accumulation is performed with at least single precision", ISA, mma), so that a
// GPU's last bits may differ where sums are inexact. Integer sums are exact, f64 is fused.
#include <algorithm>

#include "lanes.h"
#include "multiply.h"

namespace simt::ptx {

namespace {

// What the registers of A and B hold: `packed` elements to a register.
struct Integers8 {
  using Sum = uint32_t;  // wraps
  static constexpr unsigned packed = 4;
};
struct Signed8 : Integers8 {
  static void widen(const uint32_t* from, uint32_t* to, unsigned words) {
    for (unsigned i = 0; i < 4 * words; ++i) to[i] = uint32_t(int8_t(from[i / 4] >> i % 4 * 8));
  }
};
struct Unsigned8 : Integers8 {
  static void widen(const uint32_t* from, uint32_t* to, unsigned words) {
    for (unsigned i = 0; i < 4 * words; ++i) to[i] = uint8_t(from[i / 4] >> i % 4 * 8);
  }
};

void multiply_clamped(const uint32_t* a, const uint32_t* b, uint32_t* c, unsigned depth) {
  for (unsigned i = 0; i < 16 * 8; ++i) {
    int64_t sum = int32_t(c[i]);
    for (unsigned k = 0; k < depth; ++k)
      sum += int64_t(int32_t(a[i / 8 * depth + k])) * int32_t(b[8 * k + i % 8]);
    c[i] = uint32_t(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
  }
}
void multiply_clamped(const float*, const float*, float*, unsigned) {}

// A is 16 × K, B is K × 8, C and D are 16 × 8. In the manual's terms lane l is the (l % 4)th of
// group l / 4. Its registers 0 and 2 of A are in row l / 4, 1 and 3 eight rows below; 2 and 3 in
// the second half of the columns. B is the same turned over, without the lower rows. Of C and D it
// holds two columns of row l / 4, then the same columns eight rows below.
// in.mode: C and D are f16, two to a register. in.flags: integers saturate.
// Places: D, A, B, C, of which the lanes hold in.count registers of D and of C.
template <class A, class B, unsigned K>
struct Shape {
  using Sum = typename A::Sum;
  static constexpr unsigned words = K / A::packed;  // registers in a row of A
  static constexpr unsigned a_registers = 16 * words / 32, b_registers = 8 * words / 32;

  alignas(32) uint32_t a_words[16][words], b_words[8][words];  // b_words: [column][k]
  alignas(32) Sum a[16][K], b[K][8], c[16][8];

  void gather(const Lane& lane, unsigned l) {
    const uint64_t* reg = lane.machine->reg;
    const uint16_t* place = lane.in->r + lane.in->count;
    for (unsigned i = 0; i < a_registers; ++i)
      a_words[l / 4 + i % 2 * 8][l % 4 + i / 2 * 4] = uint32_t(reg[*place++]);
    for (unsigned i = 0; i < b_registers; ++i)
      b_words[l / 4][l % 4 + i * 4] = uint32_t(reg[*place++]);
    if (lane.in->mode) return gather_halves(reg, place, l);
    for (unsigned i = 0; i < 4; ++i)
      std::memcpy(&c[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2], &reg[*place++], sizeof(Sum));
  }
  void gather_halves(const uint64_t* reg, const uint16_t* place, unsigned l) {
    for (unsigned i = 0; i < 4; ++i)
      c[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2] =
          Sum(half_value(uint16_t(reg[place[i / 2]] >> i % 2 * 16)));
  }

  void widen() {
    Sum turned[8][K];
    A::widen(a_words[0], a[0], 16 * words);
    B::widen(b_words[0], turned[0], 8 * words);
    for (unsigned k = 0; k < K; ++k)
      for (unsigned column = 0; column < 8; ++column) b[k][column] = turned[column][k];
  }

  void scatter(const Lane& lane, unsigned l) const {
    for (unsigned i = 0; i < 4; i += 2) {
      const Sum left = c[l / 4 + i / 2 * 8][l % 4 * 2], right = c[l / 4 + i / 2 * 8][l % 4 * 2 + 1];
      if (lane.in->mode) {
        lane.write(i / 2, half_bits(float(left)) | uint32_t(half_bits(float(right))) << 16);
      } else {
        lane.write(i, left);
        lane.write(i + 1, right);
      }
    }
  }

  static void combine(unsigned present, void* const* data) {
    const Lanes lanes(present, data);
    if (!lanes.whole()) return;
    Shape shape;
    for (unsigned lane = 0; lane < 32; ++lane) shape.gather(lanes[lane], lane);
    shape.widen();
    if (lanes.first().in->flags)
      multiply_clamped(shape.a[0], shape.b[0], shape.c[0], K);
    else
      multiply_add(shape.a[0], shape.b[0], shape.c[0], 16, K);
    for (unsigned lane = 0; lane < 32; ++lane) shape.scatter(lanes[lane], lane);
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
    decode_bytes<Signed8, Signed8>(d, deep);
  else if (a_signed)
    decode_bytes<Signed8, Unsigned8>(d, deep);
  else if (b_signed)
    decode_bytes<Unsigned8, Signed8>(d, deep);
  else
    decode_bytes<Unsigned8, Unsigned8>(d, deep);
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
    if (shape == k8) return decode_shape<Halves, Halves, 8>(d, to, c);
    if (shape == k16) return decode_shape<Halves, Halves, 16>(d, to, c);
  }
  if (a == Type::bf16 && to_single) {
    if (shape == k8) return decode_shape<Bfloats, Bfloats, 8>(d, to, c);
    if (shape == k16) return decode_shape<Bfloats, Bfloats, 16>(d, to, c);
  }
  if (a == Type::tf32 && to_single) {
    if (shape == k4) return decode_shape<Tf32s, Tf32s, 4>(d, to, c);
    if (shape == k8) return decode_shape<Tf32s, Tf32s, 8>(d, to, c);
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
