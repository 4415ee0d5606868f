// int4 to half without a conversion instruction: lop3 puts four bits into the mantissa of 1024.0,
// prmt and shifts bring them there, a subtraction leaves the number. Eight values a 32-bit word,
// value j in bits 4 j to 4 j + 3, zero point 8. Launch: 1-D, a thread a word.
#include <cuda_fp16.h>

// (a & b) | c
template <int lut>
__device__ inline int lop3(int a, int b, int c) {
  int res;
  asm volatile("lop3.b32 %0, %1, %2, %3, %4;\n" : "=r"(res) : "r"(a), "r"(b), "r"(c), "n"(lut));
  return res;
}

extern "C" __global__ void dequantize_int4(const unsigned* __restrict__ packed,  // (words,)
                                           const __half* __restrict__ scales,    // (words,)
                                           __half2* __restrict__ out,            // (words, 4)
                                           int words) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= words) return;
  const unsigned q = packed[i];
  const __half2 scale = __half2half2(scales[i]);
  const int MASK = 0x000f000f, MAGIC = 0x64006400;  // two halves of 1024
  const __half2 offset = __halves2half2(__ushort_as_half(0x6408), __ushort_as_half(0x6408));
#pragma unroll
  for (int pair = 0; pair < 4; ++pair) {
    // nibbles 2 * pair and 2 * pair + 1 into the low bits of the two halves
    const unsigned byte = __byte_perm(q, 0, 0x4440 + pair);
    unsigned spread;
    asm("prmt.b32 %0, %1, %2, 0x5410;" : "=r"(spread) : "r"(byte), "r"(byte >> 4));
    const int bits = lop3<(0xf0 & 0xcc) | 0xaa>(spread, MASK, MAGIC);
    const __half2 value = __hsub2(*reinterpret_cast<const __half2*>(&bits), offset);
    out[4 * i + pair] = __hmul2(value, scale);
  }
}
