// group_operations.h: what the members of a cooperative group combine their values with.
#pragma once

namespace cooperative_groups {

#define SIMT_GROUP_OPERATION(name, value)                      \
  template <class T>                                           \
  struct name {                                                \
    SIMT_INLINE T operator()(T a, T b) const { return value; } \
  };
SIMT_GROUP_OPERATION(plus, a + b)
SIMT_GROUP_OPERATION(less, b < a ? b : a)
SIMT_GROUP_OPERATION(greater, a < b ? b : a)
SIMT_GROUP_OPERATION(bit_and, a& b)
SIMT_GROUP_OPERATION(bit_or, a | b)
SIMT_GROUP_OPERATION(bit_xor, a ^ b)
#undef SIMT_GROUP_OPERATION

}  // namespace cooperative_groups
