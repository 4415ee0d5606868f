// mma.h: nvcuda::wmma, matrix products that the 32 lanes of a warp compute together.
//
// Which lane holds which element CUDA leaves open. Here it is as follows, so that what a lane moves
// is what a lane of an sm_80 or later moves at least:
// - of A and B, a lane holds pieces of up to 16 bytes that are contiguous in memory;
// - an accumulator is cut into 8 x 8 tiles, counted down the columns; of each tile a lane holds two
//   neighbors of a row: row lane / 4, columns lane % 4 * 2 and the next.
//
// The order and the roundings of the sums CUDA leaves open as well ("at least single precision").
// Here c + Σ a · b is computed in double, k ascending, and rounded once. The products are exact in
// double, and so is the sum unless its terms span more than 53 bits. No device is more exact; one
// that adds in float may differ in the last bits. The product of doubles is a chain of fma, k
// ascending (of products and sums where the processor has no fma); that of integers is exact modulo
// 2³², or saturates if asked to.
#pragma once

#include "cuda_bf16.h"

namespace nvcuda {
namespace wmma {

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32;
}

template <class T>
struct helper_traits {
  using element_type = T;
  using storage_element_type = T;
  using fill_argument_type = T;
};
template <>
struct helper_traits<precision::tf32> {
  using element_type = precision::tf32;
  using storage_element_type = float;
  using fill_argument_type = float;
};
template <class T>
using Stored = typename helper_traits<T>::storage_element_type;

// Which shapes and types exist.
template <class Use, int m, int n, int k, class T>
constexpr bool exists() {
  constexpr bool is_sum = std::is_same_v<Use, accumulator>;
  constexpr bool is_16 = (m == 16 && n == 16 && k == 16) || (m == 32 && n == 8 && k == 16) ||
                         (m == 8 && n == 32 && k == 16);
  if (std::is_same_v<T, double>) return m == 8 && n == 8 && k == 4;
  if (std::is_same_v<T, precision::tf32>) return !is_sum && m == 16 && n == 16 && k == 8;
  if (std::is_same_v<T, float>) return is_sum && (is_16 || (m == 16 && n == 16 && k == 8));
  if (std::is_same_v<T, int>) return is_sum && is_16;
  if (std::is_same_v<T, __half>) return is_16;
  return !is_sum && is_16 &&
         (std::is_same_v<T, __nv_bfloat16> || std::is_same_v<T, signed char> ||
          std::is_same_v<T, unsigned char>);
}

template <class T>
constexpr int kWide = 16 / int(sizeof(Stored<T>));  // elements in 16 bytes

struct Place {
  int row, column;
};

template <class Use, int m, int n, int k, class T, class Layout = void>
class alignas(8) fragment {
  static_assert(exists<Use, m, n, k, T>(), "wmma has no fragment of this shape and type");
  static_assert(std::is_same_v<Use, accumulator> == std::is_void_v<Layout>,
                "matrix_a and matrix_b need a layout, an accumulator has none");

 public:
  using element_type = T;
  using storage_element_type = Stored<T>;
  using layout = Layout;
  static constexpr bool is_sum = std::is_same_v<Use, accumulator>;
  static constexpr int rows = std::is_same_v<Use, matrix_b> ? k : m;
  static constexpr int columns = std::is_same_v<Use, matrix_a> ? k : n;
  static constexpr int distinct = rows * columns / 32;  // elements of the matrix a lane holds
  static constexpr int piece = is_sum ? 2 : distinct < kWide<T> ? distinct : kWide<T>;
  // As on a GPU: of half there are always 16, the elements of A and B repeated.
  enum { num_elements = std::is_same_v<T, __half> && !is_sum ? 16 : distinct };
  enum { num_storage_elements = num_elements };
  storage_element_type x[num_storage_elements];

  // Where the i-th element of a lane lies in the matrix.
  SIMT_INLINE static constexpr Place place(int lane, int i) {
    if constexpr (is_sum) {
      const int tile = i / 2, tiles_down = rows / 8;
      return {tile % tiles_down * 8 + lane / 4, tile / tiles_down * 8 + lane % 4 * 2 + i % 2};
    } else {
      const int in_order = (i / piece * 32 + lane) * piece + i % piece;
      if constexpr (std::is_same_v<Layout, row_major>)
        return {in_order / columns, in_order % columns};
      else
        return {in_order % rows, in_order / rows};
    }
  }
};

}  // namespace wmma
}  // namespace nvcuda

#include "simt/wmma.h"
