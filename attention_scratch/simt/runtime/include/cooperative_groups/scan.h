// scan.h: the running total of a group's values, in the order of their ranks.
#pragma once

#include "../cooperative_groups.h"
#include "../simt/group_operations.h"

namespace cooperative_groups {

// After the round with distance i, each value covers the 2 i ranks up to its own: the order in
// which CUDA's headers add, so that sums of floats agree to the bit.
template <class Group, class T, class Operation>
SIMT_INLINE auto inclusive_scan(const Group& group, T&& value, Operation&& operation)
    -> decltype(operation(value, value)) {
  details::Plain<T> total = value;
  for (unsigned i = 1; i < group.size(); i *= 2) {
    const auto earlier = group.shfl_up(total, i);
    if (group.thread_rank() >= i) total = operation(total, earlier);
  }
  return total;
}
template <class Group, class T>
SIMT_INLINE details::Plain<T> inclusive_scan(const Group& group, T&& value) {
  return inclusive_scan(group, value, plus<details::Plain<T>>());
}

// The total of the ranks before the caller's; T{} for rank 0.
template <class Group, class T, class Operation>
SIMT_INLINE auto exclusive_scan(const Group& group, T&& value, Operation&& operation)
    -> decltype(operation(value, value)) {
  const details::Plain<T> before = group.shfl_up(inclusive_scan(group, value, operation), 1);
  return group.thread_rank() == 0 ? details::Plain<T>{} : before;
}
template <class Group, class T>
SIMT_INLINE details::Plain<T> exclusive_scan(const Group& group, T&& value) {
  return exclusive_scan(group, value, plus<details::Plain<T>>());
}

}  // namespace cooperative_groups
