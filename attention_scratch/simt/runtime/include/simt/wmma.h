// wmma.h: what is done with the fragments of mma.h: fill, load, multiply, store.
#pragma once

namespace nvcuda {
namespace wmma {

template <class T>
SIMT_INLINE void check_matrix(const T* matrix, unsigned stride) {
  if (reinterpret_cast<uintptr_t>(matrix) % 32)
    simt::misuse("wmma: the pointer to a matrix must be a multiple of 32 bytes");
  if (stride * sizeof(T) % 16)
    simt::misuse("wmma: the leading dimension must be a multiple of 16 bytes");
}

SIMT_UNWATCHED inline void note_lanes(unsigned lanes, void* const* data) {
  SIMT_FOR_LANES(lane, lanes) * static_cast<unsigned*>(data[lane]) = lanes;
}
SIMT_INLINE void check_lanes(unsigned lanes) {
  if (lanes != simt::kWholeWarp) simt::misuse("wmma: all 32 lanes of a warp must take part");
}
// No lane goes on before all have read or written their part of a matrix. (This orders no memory
// accesses: who reads what other lanes stored needs __syncwarp.)
SIMT_INLINE void meet_all(const char* name) {
  unsigned lanes = 0;
  simt::meet_warp(simt::kWholeWarp, name, &lanes, note_lanes);
  check_lanes(lanes);
}

// An integer or vector of some bytes, to move several elements in one access.
template <int bytes>
struct WordOf;
template <>
struct WordOf<1> {
  using Type = unsigned char;
};
template <>
struct WordOf<2> {
  using Type = unsigned short;
};
template <>
struct WordOf<4> {
  using Type = unsigned;
};
template <>
struct WordOf<8> {
  using Type = unsigned long long;
};
template <>
struct WordOf<16> {
  using Type = unsigned __attribute__((vector_size(16), may_alias));
};

template <int count, class T>
SIMT_INLINE void move(T* to, const T* from) {
  using Word = typename WordOf<count * sizeof(T)>::Type;
  *reinterpret_cast<Word*>(to) = *reinterpret_cast<const Word*>(from);
}

// Element `at` of a matrix whose rows (or columns) start `stride` elements apart.
SIMT_INLINE size_t offset_of(Place at, unsigned stride, bool by_rows) {
  return by_rows ? size_t(at.row) * stride + at.column : size_t(at.column) * stride + at.row;
}

template <class Use, int m, int n, int k, class T, class Layout>
SIMT_INLINE void fill_fragment(fragment<Use, m, n, k, T, Layout>& f,
                               const typename helper_traits<T>::fill_argument_type& value) {
  for (auto& element : f.x) element = value;
}

template <class Use, int m, int n, int k, class T, class Layout>
SIMT_INLINE void load_matrix_sync(fragment<Use, m, n, k, T, Layout>& f, const Stored<T>* matrix,
                                  unsigned stride) {
  using F = fragment<Use, m, n, k, T, Layout>;
  check_matrix(matrix, stride);
  const bool by_rows = std::is_same_v<Layout, row_major>;
  for (int i = 0; i < F::distinct; i += F::piece) {
    const Place at = F::place(int(simt::lane_id()), i);
    move<F::piece>(&f.x[i], matrix + offset_of(at, stride, by_rows));
  }
  for (int i = F::distinct; i < F::num_elements; i += F::piece)
    move<F::piece>(&f.x[i], &f.x[i - F::distinct]);
  meet_all("wmma::load_matrix_sync");
}

// Calls move(index in the fragment, offset in the matrix, neighbors to move at once).
template <class F, class Move>
SIMT_INLINE void move_sums(unsigned stride, layout_t layout, Move move) {
  const int lane = int(simt::lane_id());
  for (int i = 0; i < F::num_elements; i += 2) {
    const Place at = F::place(lane, i), next = F::place(lane, i + 1);
    if (layout == mem_row_major) {
      move(i, offset_of(at, stride, true), std::true_type());
    } else {
      move(i, offset_of(at, stride, false), std::false_type());
      move(i + 1, offset_of(next, stride, false), std::false_type());
    }
  }
}

template <int m, int n, int k, class T>
SIMT_INLINE void load_matrix_sync(fragment<accumulator, m, n, k, T>& f, const Stored<T>* matrix,
                                  unsigned stride, layout_t layout) {
  check_matrix(matrix, stride);
  const auto load = [&](int i, size_t offset, auto both) __attribute__((always_inline)) {
    wmma::move<both ? 2 : 1>(&f.x[i], matrix + offset);
  };
  move_sums<fragment<accumulator, m, n, k, T>>(stride, layout, load);
  meet_all("wmma::load_matrix_sync");
}

template <int m, int n, int k, class T>
SIMT_INLINE void store_matrix_sync(T* matrix, const fragment<accumulator, m, n, k, T>& f,
                                   unsigned stride, layout_t layout) {
  check_matrix(matrix, stride);
  const auto store = [&](int i, size_t offset, auto both) __attribute__((always_inline)) {
    wmma::move<both ? 2 : 1>(matrix + offset, &f.x[i]);
  };
  move_sums<fragment<accumulator, m, n, k, T>>(stride, layout, store);
  meet_all("wmma::store_matrix_sync");
}

// The nearest number with 10 fraction bits, ties away from zero (cvt.rna.tf32).
SIMT_INLINE float __float_to_tf32(float x) {
  const uint32_t bits = simt::bits_as<uint32_t>(x);
  if (x != x) return simt::bits_as<float>(0x7fffffff);
  return simt::bits_as<float>((bits + 0x1000) & 0xffffe000);
}

// --- The product. ---

// What elements are calculated with. (16 products of bytes fit an int.)
template <class T>
using NumberOf = std::conditional_t<std::is_integral_v<T>, int, double>;

// Of tf32 the lowest 13 bits do not count.
template <class T>
SIMT_INLINE NumberOf<T> number(Stored<T> x) {
  if constexpr (std::is_same_v<T, precision::tf32>)
    return simt::bits_as<float>(simt::bits_as<uint32_t>(x) & 0xffffe000);
  else if constexpr (sizeof(T) == 2)
    return simt::widened(x);
  else
    return x;
}

using EightInts = int __attribute__((vector_size(32), aligned(4), may_alias));
using FourDoubles = double __attribute__((vector_size(32), aligned(8), may_alias));

template <class T>
SIMT_INLINE T rounded(double sum) {
  if constexpr (std::is_same_v<T, __half>)
    return simt::nearest(T(), sum);
  else
    return T(sum);
}
SIMT_INLINE int added(int a, int b, bool saturate) {
  const long long sum = (long long)a + b;
  if (!saturate) return int(sum);
  return sum > INT_MAX ? INT_MAX : sum < INT_MIN ? INT_MIN : int(sum);
}

// What a lane brings to a product, and afterwards which lanes took part.
template <class D, class A, class B, class C>
struct Product {
  D* d;
  const A* a;
  const B* b;
  const C* c;
  bool saturate;
  unsigned lanes;
};

// Calls use(the lane's Product, index in its fragment F, place in the matrix) for every element.
template <class F, class P, class Use>
SIMT_INLINE void for_elements(void* const* data, Use use) {
  constexpr bool by_rows = F::is_sum || std::is_same_v<typename F::layout, row_major>;
  for (int lane = 0; lane < 32; ++lane)
    for (int first = 0; first < F::distinct; first += F::piece) {
      const Place at = F::place(lane, first);
      for (int i = 0; i < F::piece; ++i)
        use(*static_cast<P*>(data[lane]), first + i,
            Place{at.row + (by_rows ? 0 : i), at.column + (by_rows ? i : 0)});
    }
}

// Eight neighbors of a row of the product, each its own sum, k ascending.
template <int depth, int columns>
SIMT_INLINE void add_products(const int* a, const int* b, int* sums) {
  EightInts sum = *reinterpret_cast<const EightInts*>(sums);
  for (int k = 0; k < depth; ++k)
    sum += a[k] * *reinterpret_cast<const EightInts*>(b + k * columns);
  *reinterpret_cast<EightInts*>(sums) = sum;
}
template <int depth, int columns>
SIMT_INLINE void add_products(const double* a, const double* b, double* sums) {
  auto* to = reinterpret_cast<FourDoubles*>(sums);
  FourDoubles left = to[0], right = to[1];
  for (int k = 0; k < depth; ++k) {
    const auto* row = reinterpret_cast<const FourDoubles*>(b + k * columns);
    left += a[k] * row[0];
    right += a[k] * row[1];
  }
  to[0] = left;
  to[1] = right;
}

template <class D, class A, class B, class C>
SIMT_UNWATCHED void multiply(unsigned lanes, void* const* data) {
  using P = Product<D, A, B, C>;
  using Factor = typename A::element_type;
  using Number = NumberOf<Factor>;
  constexpr int m = A::rows, n = B::columns, depth = A::columns;
  SIMT_FOR_LANES(lane, lanes) static_cast<P*>(data[lane])->lanes = lanes;
  if (lanes != simt::kWholeWarp) return;
  Number a[m][depth], b[depth][n], sums[m][n] = {};
  for_elements<A, P>(data, [&](P& p, int i, Place at) __attribute__((always_inline)) {
    a[at.row][at.column] = number<Factor>(p.a->x[i]);
  });
  for_elements<B, P>(data, [&](P& p, int i, Place at) __attribute__((always_inline)) {
    b[at.row][at.column] = number<Factor>(p.b->x[i]);
  });
  if constexpr (!std::is_integral_v<Factor>)
    for_elements<C, P>(data, [&](P& p, int i, Place at) __attribute__((always_inline)) {
      sums[at.row][at.column] = number<typename C::element_type>(p.c->x[i]);
    });
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; j += 8) add_products<depth, n>(a[i], &b[0][j], &sums[i][j]);
  for_elements<D, P>(data, [&](P& p, int i, Place at) __attribute__((always_inline)) {
    const Number sum = sums[at.row][at.column];
    if constexpr (std::is_integral_v<Factor>)
      p.d->x[i] = added(p.c->x[i], sum, p.saturate);
    else
      p.d->x[i] = rounded<typename D::element_type>(sum);
  });
}

template <class D, class A, class B, class C>
SIMT_INLINE void product(D& d, const A& a, const B& b, const C& c, bool saturate) {
  Product<D, A, B, C> mine{&d, &a, &b, &c, saturate, 0};
  simt::meet_warp(simt::kWholeWarp, "wmma::mma_sync", &mine, multiply<D, A, B, C>);
  check_lanes(mine.lanes);
#ifdef SIMT_CHECKED
  if (!std::is_same_v<typename D::element_type, int>)
    simt::count_flops(2 * A::rows * A::columns * B::columns / 32);  // this lane's share
#endif
}

// Which accumulators go with which factors.
template <class T, class Result, class Addend>
constexpr bool multiplies() {
  constexpr bool same = std::is_same_v<Result, Addend>;
  if (std::is_same_v<T, __half>)
    return !std::is_same_v<Result, int> && !std::is_same_v<Addend, int>;
  if (std::is_same_v<T, double>) return same && std::is_same_v<Result, double>;
  if (std::is_integral_v<T>) return same && std::is_same_v<Result, int>;
  return same && std::is_same_v<Result, float>;
}

// d = a · b + c; d may be c.
template <int m, int n, int k, class T, class LayoutA, class LayoutB, class Result, class Addend>
SIMT_INLINE void mma_sync(fragment<accumulator, m, n, k, Result>& d,
                          const fragment<matrix_a, m, n, k, T, LayoutA>& a,
                          const fragment<matrix_b, m, n, k, T, LayoutB>& b,
                          const fragment<accumulator, m, n, k, Addend>& c) {
  static_assert(multiplies<T, Result, Addend>(), "wmma has no product of these types");
  product(d, a, b, c, false);
}
template <int m, int n, int k, class T, class LayoutA, class LayoutB,
          class = std::enable_if_t<std::is_integral_v<T>>>
SIMT_INLINE void mma_sync(fragment<accumulator, m, n, k, int>& d,
                          const fragment<matrix_a, m, n, k, T, LayoutA>& a,
                          const fragment<matrix_b, m, n, k, T, LayoutB>& b,
                          const fragment<accumulator, m, n, k, int>& c, bool saturate) {
  product(d, a, b, c, saturate);
}

}  // namespace wmma
}  // namespace nvcuda
