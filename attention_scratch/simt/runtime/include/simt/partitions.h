// partitions.h: how cooperative groups come to be: the caller's block, grid and warp, and parts.
#pragma once

#include "groups.h"

namespace cooperative_groups {

SIMT_INLINE thread_block this_thread_block() { return {}; }
SIMT_INLINE grid_group this_grid() { return {}; }

// The lanes that arrive here together.
SIMT_INLINE coalesced_group coalesced_threads() {
  return coalesced_group({simt::converged_lanes("coalesced_threads"), 0, 1});
}

template <unsigned Size, class Parent>
SIMT_INLINE thread_block_tile<Size, Parent> tiled_partition(const Parent&) {
  return {};
}
SIMT_INLINE thread_block_tile<1> this_thread() { return thread_block_tile<1, thread_block>(); }

SIMT_INLINE coalesced_group tiled_partition(const coalesced_group& parent, unsigned size) {
  details::check_tile_size(size);
  return coalesced_group(parent.simt_lanes().part(size));
}
SIMT_INLINE coalesced_group tiled_partition(const thread_block&, unsigned size) {
  details::check_tile_size(size);
  const unsigned rank = thread_block::thread_rank(), threads = thread_block::size();
  const unsigned first = rank & ~(size - 1), length = min(threads - first, size);
  const unsigned mask = (simt::kWholeWarp >> (32 - length)) << (simt::lane_id() & ~(size - 1));
  return coalesced_group({mask, rank / size, (threads + size - 1) / size});
}
SIMT_INLINE thread_group tiled_partition(const thread_group& parent, unsigned size) {
  if (parent.kind_ == thread_group::Kind::lanes)
    return tiled_partition(coalesced_group(parent.lanes_), size);
  return tiled_partition(thread_block(), size);
}

// Those with the caller's predicate, or the caller's label.
template <class Group>
SIMT_INLINE coalesced_group binary_partition(const Group& parent, bool predicate) {
  const unsigned all = parent.simt_lanes().mask;
  const unsigned votes = simt::vote(all, predicate, "binary_partition").votes;
  if (votes == all || votes == 0) return coalesced_group({all, 0, 1});
  return coalesced_group({predicate ? votes : all & ~votes, predicate, 2});
}
template <class Group, class Label>
SIMT_INLINE coalesced_group labeled_partition(const Group& parent, Label label) {
  static_assert(std::is_integral_v<Label> || std::is_pointer_v<Label>,
                "a label is an integer or a pointer");
  if constexpr (std::is_same_v<Label, bool>) {
    return binary_partition(parent, label);
  } else {
    const unsigned all = parent.simt_lanes().mask;
    const unsigned own = simt::match(all, label, "labeled_partition").same;
    const unsigned first = own & -own;  // the lowest lane of a part leads it
    const bool leads = first == 1u << simt::lane_id();
    const unsigned leaders = simt::vote(all, leads, "labeled_partition").votes;
    return coalesced_group(
        {own, unsigned(__popc(leaders & (first - 1))), unsigned(__popc(leaders))});
  }
}

template <class Group>
SIMT_INLINE void sync(const Group& group) {
  group.sync();
}
template <class Group>
SIMT_INLINE auto thread_rank(const Group& group) {
  return group.thread_rank();
}
template <class Group>
SIMT_INLINE auto group_size(const Group& group) {
  return group.num_threads();
}

// One thread of the group calls the function …
template <class Group, class Function, class... Arguments>
SIMT_INLINE void invoke_one(const Group& group, Function&& function, Arguments&&... arguments) {
  if (group.thread_rank() == 0) function(std::forward<Arguments>(arguments)...);
}
// … and all have its result.
template <class Group, class Function, class... Arguments>
SIMT_INLINE auto invoke_one_broadcast(const Group& group, Function&& function,
                                      Arguments&&... arguments) {
  details::Plain<decltype(function(std::forward<Arguments>(arguments)...))> result{};
  if (group.thread_rank() == 0) result = function(std::forward<Arguments>(arguments)...);
  return group.shfl(result, 0);
}

}  // namespace cooperative_groups
