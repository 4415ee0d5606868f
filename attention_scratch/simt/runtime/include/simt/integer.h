// integer.h: CUDA's functions on whole numbers and their bits.
#pragma once

SIMT_INLINE int __popc(unsigned x) { return __builtin_popcount(x); }
SIMT_INLINE int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
SIMT_INLINE int __clz(int x) { return x ? __builtin_clz(unsigned(x)) : 32; }
SIMT_INLINE int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
SIMT_INLINE int __ffs(int x) { return __builtin_ffs(x); }
SIMT_INLINE int __ffsll(long long x) { return __builtin_ffsll(x); }

SIMT_INLINE unsigned long long __brevll(unsigned long long x) {
  x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
  x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
  x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
  return __builtin_bswap64(x);
}
SIMT_INLINE unsigned __brev(unsigned x) { return unsigned(__brevll(x) >> 32); }

// The place of the offset-th set bit of `mask`, counted upward from bit `base` (downward where
// offset is negative); all ones if there is none. Offset 0 asks for bit `base` itself.
SIMT_INLINE unsigned __fns(unsigned mask, unsigned base, int offset) {
  if (offset == 0) return base < 32 && mask >> base & 1 ? base : ~0u;
  const int step = offset > 0 ? 1 : -1;
  for (int bit = int(base), left = offset * step; bit >= 0 && bit < 32; bit += step)
    if (mask >> bit & 1 && --left == 0) return unsigned(bit);
  return ~0u;
}

// Byte i of the result is that of the eight bytes y:x whose number the i-th nibble of `selector`
// holds, or with the nibble's highest bit set, copies of that byte's sign.
SIMT_INLINE unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const unsigned long long bytes = (unsigned long long)y << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned nibble = selector >> 4 * i & 15;
    unsigned byte = unsigned(bytes >> 8 * (nibble & 7)) & 0xff;
    if (nibble & 8) byte = byte & 0x80 ? 0xff : 0;
    result |= byte << 8 * i;
  }
  return result;
}

// The 64 bits high:low, shifted by at most 31 (modulo 32) or, _lc and _rc, by at most 32.
SIMT_INLINE unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  const unsigned long long both = (unsigned long long)high << 32 | low;
  return unsigned((both << (shift & 31)) >> 32);
}
SIMT_INLINE unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  const unsigned long long both = (unsigned long long)high << 32 | low;
  return unsigned(both >> (shift & 31));
}
SIMT_INLINE unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift) {
  return shift >= 32 ? low : __funnelshift_l(low, high, shift);
}
SIMT_INLINE unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift) {
  return shift >= 32 ? high : __funnelshift_r(low, high, shift);
}

SIMT_INLINE int __mulhi(int a, int b) { return int((long long)a * b >> 32); }
SIMT_INLINE unsigned __umulhi(unsigned a, unsigned b) {
  return unsigned((unsigned long long)a * b >> 32);
}
SIMT_INLINE long long __mul64hi(long long a, long long b) {
  return (long long)((__int128)a * b >> 64);
}
SIMT_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)((unsigned __int128)a * b >> 64);
}
// The low 32 bits of the product of the low 24 bits.
SIMT_INLINE unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffff) * (b & 0xffffff); }
SIMT_INLINE int __mul24(int a, int b) {
  return int(unsigned(int(unsigned(a) << 8) >> 8) * unsigned(int(unsigned(b) << 8) >> 8));
}

SIMT_INLINE unsigned __sad(int a, int b, unsigned sum) {
  return sum + (a < b ? unsigned(b) - unsigned(a) : unsigned(a) - unsigned(b));
}
SIMT_INLINE unsigned __usad(unsigned a, unsigned b, unsigned sum) {
  return sum + (a < b ? b - a : a - b);
}

// Averages, rounded down or (r) up, without overflow.
SIMT_INLINE int __hadd(int a, int b) { return int(((long long)a + b) >> 1); }
SIMT_INLINE int __rhadd(int a, int b) { return int(((long long)a + b + 1) >> 1); }
SIMT_INLINE unsigned __uhadd(unsigned a, unsigned b) {
  return unsigned(((unsigned long long)a + b) >> 1);
}
SIMT_INLINE unsigned __urhadd(unsigned a, unsigned b) {
  return unsigned(((unsigned long long)a + b + 1) >> 1);
}

namespace simt {

// sum + products of `count` pairs of elements: A of a from element 0, B of b from element `first`.
template <class A, class B, int count, int first, class Word, class Total>
SIMT_INLINE Total dot(Word a, Word b, Total sum) {
  for (int i = 0; i < count; ++i) {
    const auto x = A(unsigned(a) >> 8 * int(sizeof(A)) * i);
    const auto y = B(unsigned(b) >> 8 * int(sizeof(B)) * (first + i));
    sum += Total(x) * Total(y);
  }
  return sum;
}

}  // namespace simt

#define SIMT_DOT(name, T, A, B, count, first) \
  SIMT_INLINE T name(T a, T b, T sum) { return simt::dot<A, B, count, first>(a, b, sum); }
SIMT_DOT(__dp4a, int, signed char, signed char, 4, 0)
SIMT_DOT(__dp4a, unsigned, unsigned char, unsigned char, 4, 0)
SIMT_DOT(__dp2a_lo, int, short, signed char, 2, 0)
SIMT_DOT(__dp2a_lo, unsigned, unsigned short, unsigned char, 2, 0)
SIMT_DOT(__dp2a_hi, int, short, signed char, 2, 2)
SIMT_DOT(__dp2a_hi, unsigned, unsigned short, unsigned char, 2, 2)
#undef SIMT_DOT
SIMT_INLINE int __dp4a(char4 a, char4 b, int sum) {
  return sum + a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
}
SIMT_INLINE unsigned __dp4a(uchar4 a, uchar4 b, unsigned sum) {
  return sum + unsigned(a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w);
}
SIMT_INLINE int __dp2a_lo(short2 a, char4 b, int sum) { return sum + a.x * b.x + a.y * b.y; }
SIMT_INLINE int __dp2a_hi(short2 a, char4 b, int sum) { return sum + a.x * b.z + a.y * b.w; }
SIMT_INLINE unsigned __dp2a_lo(ushort2 a, uchar4 b, unsigned sum) {
  return sum + unsigned(a.x) * b.x + unsigned(a.y) * b.y;
}
SIMT_INLINE unsigned __dp2a_hi(ushort2 a, uchar4 b, unsigned sum) {
  return sum + unsigned(a.x) * b.z + unsigned(a.y) * b.w;
}
