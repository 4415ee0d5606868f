// float16_class.h: the class of a 16-bit floating-point type and of a pair of them. It is included
// once for half and once for bfloat16, which are alike; the file that includes it defines
//   SIMT_T, SIMT_T2       the classes, SIMT_RAW, SIMT_RAW2 their bits as plain structures
//   SIMT_OTHER            the other 16-bit class, SIMT_FORMAT the format (float16_formats.h)
//   SIMT_NAMED(a, b)      a##half##b, as the type is called in the names of functions
// Constructors, conversions and operators are those of CUDA's classes, no more and no fewer, so
// that what is ambiguous to nvcc is ambiguous here. (No pragma once: see above.)

struct alignas(2) SIMT_RAW {
  unsigned short x;
};
struct alignas(4) SIMT_RAW2 {
  unsigned short x, y;
};

struct alignas(2) SIMT_T {
 protected:
  unsigned short __x;

 public:
  SIMT_T() = default;
  SIMT_INLINE constexpr SIMT_T(const SIMT_RAW& raw) : __x(raw.x) {}
  SIMT_INLINE SIMT_T& operator=(const SIMT_RAW& raw) {
    __x = raw.x;
    return *this;
  }
  SIMT_INLINE volatile SIMT_T& operator=(const SIMT_RAW& raw) volatile {
    __x = raw.x;
    return *this;
  }
  SIMT_INLINE volatile SIMT_T& operator=(const volatile SIMT_RAW& raw) volatile {
    __x = raw.x;
    return *this;
  }
  SIMT_INLINE operator SIMT_RAW() const { return {__x}; }
  SIMT_INLINE operator SIMT_RAW() const volatile { return {__x}; }

  SIMT_INLINE explicit SIMT_T(SIMT_OTHER other);  // in cuda_bf16.h
  SIMT_INLINE SIMT_T(float x) : __x(SIMT_FORMAT::round<simt::Round::nearest>(x)) {}
  SIMT_INLINE SIMT_T(double x) : SIMT_T(simt::to_odd(x)) {}
  SIMT_INLINE SIMT_T& operator=(float x) { return *this = SIMT_T(x); }
  SIMT_INLINE SIMT_T& operator=(double x) { return *this = SIMT_T(x); }
  SIMT_INLINE operator float() const { return SIMT_FORMAT::to_float(__x); }
  SIMT_INLINE constexpr operator bool() const { return (__x & 0x7fff) != 0; }

#define SIMT_FROM(Integer) \
  SIMT_INLINE SIMT_T(Integer i) : SIMT_T(simt::integer_to_odd(i)) {}
#define SIMT_TO(Integer)                                                          \
  SIMT_INLINE operator Integer() const {                                          \
    return simt::to_integer<Integer, simt::Round::zero>(SIMT_FORMAT::widen(__x)); \
  }
#define SIMT_ASSIGN(Integer) \
  SIMT_INLINE SIMT_T& operator=(Integer i) { return *this = SIMT_T(i); }
#define SIMT_INTEGERS(define)                                                         \
  define(short) define(unsigned short) define(int) define(unsigned) define(long long) \
      define(unsigned long long)
  SIMT_INTEGERS(SIMT_FROM)
  SIMT_INTEGERS(SIMT_TO)
  SIMT_INTEGERS(SIMT_ASSIGN)
  SIMT_FROM(long)
  SIMT_FROM(unsigned long)
  SIMT_TO(long)
  SIMT_TO(unsigned long)
  SIMT_TO(char)
  SIMT_TO(signed char)
  SIMT_TO(unsigned char)
#undef SIMT_INTEGERS
#undef SIMT_ASSIGN
#undef SIMT_FROM
#undef SIMT_TO
};

struct alignas(4) SIMT_T2 {
  SIMT_T x, y;

  SIMT_T2() = default;
  SIMT_INLINE constexpr SIMT_T2(const SIMT_T& low, const SIMT_T& high) : x(low), y(high) {}
  SIMT_INLINE SIMT_T2(const SIMT_RAW2& raw) : x(SIMT_RAW{raw.x}), y(SIMT_RAW{raw.y}) {}
  SIMT_INLINE SIMT_T2& operator=(const SIMT_RAW2& raw) { return *this = SIMT_T2(raw); }
  SIMT_INLINE operator SIMT_RAW2() const { return {SIMT_RAW(x).x, SIMT_RAW(y).x}; }
#if defined(__clang__) && defined(SIMT_CHECKED)  // one access of 4 bytes: see vectors.h
  SIMT_INLINE SIMT_T2(const SIMT_T2& other) { simt_copy_vector(this, &other, sizeof other); }
  SIMT_INLINE SIMT_T2& operator=(const SIMT_T2& other) {
    simt_copy_vector(this, &other, sizeof other);
    return *this;
  }
#endif
};
