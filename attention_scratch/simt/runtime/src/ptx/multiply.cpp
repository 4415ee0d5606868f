#include "multiply.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace simt::ptx {

namespace {

template <class T>
void multiply_plainly(const T* a, const T* b, T* c, unsigned rows, unsigned depth) {
  typedef T Eight __attribute__((vector_size(32)));
  for (unsigned i = 0; i < rows; ++i) {
    Eight sum = *reinterpret_cast<const Eight*>(c + 8 * i);
    for (unsigned k = 0; k < depth; ++k)
      sum += a[i * depth + k] * *reinterpret_cast<const Eight*>(b + 8 * k);
    *reinterpret_cast<Eight*>(c + 8 * i) = sum;
  }
}

void widen_plainly(const uint32_t* from, float* to, unsigned words) {
  for (unsigned i = 0; i < 2 * words; ++i)
    to[i] = HalfFormat::widen(uint16_t(from[i / 2] >> i % 2 * 16));
}

#if defined(__x86_64__)
// The runtime is compiled for every processor of the family and looks at the one it runs on.
const bool has_wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("f16c");
#define SIMT_WIDE __attribute__((target("avx2,fma,f16c")))

SIMT_WIDE void multiply_wide(const float* a, const float* b, float* c, unsigned rows,
                             unsigned depth) {
  for (unsigned i = 0; i < rows; i += 4) {  // four rows at a time: independent sums
    __m256 sum[4];
    for (unsigned j = 0; j < 4; ++j) sum[j] = _mm256_load_ps(c + 8 * (i + j));
    for (unsigned k = 0; k < depth; ++k) {
      const __m256 row = _mm256_load_ps(b + 8 * k);
      for (unsigned j = 0; j < 4; ++j)
        sum[j] = _mm256_fmadd_ps(_mm256_broadcast_ss(a + (i + j) * depth + k), row, sum[j]);
    }
    for (unsigned j = 0; j < 4; ++j) _mm256_store_ps(c + 8 * (i + j), sum[j]);
  }
}

SIMT_WIDE void widen_wide(const uint32_t* from, float* to, unsigned words) {
  for (unsigned i = 0; i < words; i += 4) {
    const __m128i halves = _mm_load_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_ps(to + 2 * i, _mm256_cvtph_ps(halves));
  }
}
#endif

}  // namespace

void multiply_add(const float* a, const float* b, float* c, unsigned rows, unsigned depth) {
#if defined(__x86_64__)
  if (has_wide) return multiply_wide(a, b, c, rows, depth);
#endif
  multiply_plainly(a, b, c, rows, depth);
}

void multiply_add(const uint32_t* a, const uint32_t* b, uint32_t* c, unsigned rows,
                  unsigned depth) {
  multiply_plainly(a, b, c, rows, depth);
}

void widen_halves(const uint32_t* from, float* to, unsigned words) {
#if defined(__x86_64__)
  if (has_wide) return widen_wide(from, to, words);
#endif
  widen_plainly(from, to, words);
}

float half_value(uint16_t bits) { return HalfFormat::widen(bits); }
uint16_t half_bits(float value) { return HalfFormat::round<Round::nearest>(value); }

}  // namespace simt::ptx
