// vectors.h: float4 and its relatives, with CUDA's alignment, and dim3.
#pragma once

// clang splits the copy of a vector into its members before it is instrumented. To keep a float4
// load one access of 16 bytes, a checked build of clang's copies whole vectors in the runtime.
#if defined(__clang__) && defined(SIMT_CHECKED)
extern "C" void simt_copy_vector(void* to, const void* from, unsigned bytes);
#define SIMT_COPIES(V)                                                                    \
  V() = default;                                                                          \
  __attribute__((always_inline)) V(const V& o) { simt_copy_vector(this, &o, sizeof(V)); } \
  __attribute__((always_inline)) V& operator=(const V& o) {                               \
    simt_copy_vector(this, &o, sizeof(V));                                                \
    return *this;                                                                         \
  }
#define SIMT_COPIES2(V, T)        \
  V(T a, T b = 0) : x(a), y(b) {} \
  SIMT_COPIES(V)
#define SIMT_COPIES4(V, T)                                      \
  V(T a, T b = 0, T c = 0, T d = 0) : x(a), y(b), z(c), w(d) {} \
  SIMT_COPIES(V)
#else
#define SIMT_COPIES2(V, T)
#define SIMT_COPIES4(V, T)
#endif

#define SIMT_VECTOR(base, T, align2, align4)                         \
  struct base##1 { T x; };                                           \
  struct alignas(align2) base##2 {                                   \
    T x, y;                                                          \
    SIMT_COPIES2(base##2, T)                                         \
  };                                                                 \
  struct base##3 { T x, y, z; };                                     \
  struct alignas(align4) base##4 {                                   \
    T x, y, z, w;                                                    \
    SIMT_COPIES4(base##4, T)                                         \
  };                                                                 \
  inline base##1 make_##base##1(T x) { return {x}; }                 \
  inline base##2 make_##base##2(T x, T y) { return {x, y}; }         \
  inline base##3 make_##base##3(T x, T y, T z) { return {x, y, z}; } \
  inline base##4 make_##base##4(T x, T y, T z, T w) { return {x, y, z, w}; }

SIMT_VECTOR(char, signed char, 2, 4)
SIMT_VECTOR(uchar, unsigned char, 2, 4)
SIMT_VECTOR(short, short, 4, 8)
SIMT_VECTOR(ushort, unsigned short, 4, 8)
SIMT_VECTOR(int, int, 8, 16)
SIMT_VECTOR(uint, unsigned, 8, 16)
SIMT_VECTOR(longlong, long long, 16, 16)
SIMT_VECTOR(ulonglong, unsigned long long, 16, 16)
SIMT_VECTOR(float, float, 8, 16)
SIMT_VECTOR(double, double, 16, 16)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};
