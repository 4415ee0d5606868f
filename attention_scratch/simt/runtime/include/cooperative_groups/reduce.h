// reduce.h: all values of a group combined into one, which every member receives.
#pragma once

#include "../cooperative_groups.h"
#include "../simt/group_operations.h"
#include "scan.h"

namespace cooperative_groups {

// The order is that of CUDA's headers, so that sums of floats agree to the bit: a butterfly where
// the number of members is a power of two known in advance, else the last value of a scan.
template <unsigned Size, class Parent, class T, class Operation>
SIMT_INLINE auto reduce(const thread_block_tile<Size, Parent>& tile, T&& value,
                        Operation&& operation) -> decltype(operation(value, value)) {
  details::Plain<T> total = value;
  for (unsigned distance = Size / 2; distance > 0; distance /= 2)
    total = operation(total, tile.shfl_xor(total, distance));
  return total;
}
template <class T, class Operation>
SIMT_INLINE auto reduce(const coalesced_group& group, T&& value, Operation&& operation)
    -> decltype(operation(value, value)) {
  if (group.size() == 32) return reduce(tiled_partition<32>(this_thread_block()), value, operation);
  return group.shfl(inclusive_scan(group, value, operation), int(group.size()) - 1);
}

}  // namespace cooperative_groups
