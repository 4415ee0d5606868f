// warp.h: the functions by which the lanes of a warp exchange values, vote, match and reduce. In
// each of them the lanes of a mask meet, and the last one to arrive computes the answers of all.
#pragma once

namespace simt {

constexpr unsigned kWholeWarp = 0xffffffffu;

// For what the last lane to arrive runs: checked builds need not watch it, it is not the learner's.
#define SIMT_UNWATCHED __attribute__((no_sanitize("thread")))

#define SIMT_FOR_LANES(lane, lanes)                                                              \
  for (unsigned simt_rest = (lanes), lane; simt_rest && (lane = __builtin_ctz(simt_rest), true); \
       simt_rest &= simt_rest - 1)

// What a lane brings to a shuffle; after the meeting, `value` is that of lane `source`.
template <class T>
struct Shuffle {
  T value;
  unsigned source;
#ifdef SIMT_CHECKED
  bool source_is_absent = false;
#endif
};

template <class T>
SIMT_UNWATCHED void combine_shuffle(unsigned lanes, void* const* data) {
  struct Copy {
    alignas(T) char bytes[sizeof(T)];
  } values[32];
  SIMT_FOR_LANES(lane, lanes)
  __builtin_memcpy(&values[lane], &static_cast<Shuffle<T>*>(data[lane])->value, sizeof(T));
  SIMT_FOR_LANES(lane, lanes) {
    auto& slot = *static_cast<Shuffle<T>*>(data[lane]);
    if (lanes >> slot.source & 1) __builtin_memcpy(&slot.value, &values[slot.source], sizeof(T));
#ifdef SIMT_CHECKED
    else
      slot.source_is_absent = true;
#endif
  }
}

// The value that lane `source` of the warp passes; the caller's own if that lane takes no part,
// where a GPU returns anything.
template <class T>
SIMT_INLINE T shuffle(unsigned mask, T value, unsigned source, const char* name) {
  static_assert(std::is_trivially_copyable_v<T>, "a shuffle moves plain data only");
  Shuffle<T> slot{value, source};
  meet_warp(mask, name, &slot, combine_shuffle<T>);
#ifdef SIMT_CHECKED
  if (slot.source_is_absent) inactive_source(source);
#endif
  return slot.value;
}

// Which lane a shuffle reads, as PTX computes it: the warp is cut into segments of `width` lanes,
// and of an operand only the lowest five bits count. A lane past the segment's end means one's own.
SIMT_INLINE unsigned segment_start(int width) {
  if (width < 1 || width > 32 || (width & (width - 1)))
    misuse("the width of a shuffle must be a power of two from 1 to 32");
  return lane_id() & unsigned(32 - width);
}
SIMT_INLINE unsigned index_source(int lane, int width) {
  return segment_start(width) + (unsigned(lane) & unsigned(width - 1));
}
SIMT_INLINE unsigned up_source(unsigned delta, int width) {
  const unsigned start = segment_start(width), own = lane_id();
  return own >= start + (delta & 31) ? own - (delta & 31) : own;
}
SIMT_INLINE unsigned down_source(unsigned delta, int width) {
  const unsigned end = segment_start(width) + unsigned(width), own = lane_id();
  return own + (delta & 31) < end ? own + (delta & 31) : own;
}
SIMT_INLINE unsigned xor_source(int lane_mask, int width) {
  const unsigned end = segment_start(width) + unsigned(width), own = lane_id();
  const unsigned source = own ^ (unsigned(lane_mask) & 31);
  return source < end ? source : own;  // an earlier segment may be read
}

// After a vote: the lanes that took part, and those of them whose predicate was true.
struct Ballot {
  unsigned votes, voters;
};

SIMT_UNWATCHED inline void combine_ballot(unsigned lanes, void* const* data) {
  unsigned votes = 0;
  SIMT_FOR_LANES(lane, lanes)
  votes |= unsigned(static_cast<Ballot*>(data[lane])->votes != 0) << lane;
  SIMT_FOR_LANES(lane, lanes) * static_cast<Ballot*>(data[lane]) = {votes, lanes};
}

SIMT_INLINE Ballot vote(unsigned mask, int predicate, const char* name) {
  Ballot slot{unsigned(predicate != 0), 0};
  meet_warp(mask, name, &slot, combine_ballot);
  return slot;
}

// A value as bits, which is how lanes compare them: -0.0 does not match 0.0, a NaN matches itself.
struct Match {
  unsigned long long bits;
  unsigned same, present;
};

SIMT_UNWATCHED inline void combine_match(unsigned lanes, void* const* data) {
  SIMT_FOR_LANES(lane, lanes) {
    auto& slot = *static_cast<Match*>(data[lane]);
    slot.present = lanes;
    for (unsigned other = 0; other < 32; ++other)
      if (lanes >> other & 1 && static_cast<Match*>(data[other])->bits == slot.bits)
        slot.same |= 1u << other;
  }
}

template <class T>
SIMT_INLINE Match match(unsigned mask, T value, const char* name) {
  Match slot{};
  __builtin_memcpy(&slot.bits, &value, sizeof value);
  meet_warp(mask, name, &slot, combine_match);
  return slot;
}

struct Add {
  template <class T>
  SIMT_INLINE T operator()(T a, T b) const {
    return a + b;
  }
};
struct Min {
  template <class T>
  SIMT_INLINE T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};
struct Max {
  template <class T>
  SIMT_INLINE T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};
struct And {
  template <class T>
  SIMT_INLINE T operator()(T a, T b) const {
    return a & b;
  }
};
struct Or {
  template <class T>
  SIMT_INLINE T operator()(T a, T b) const {
    return a | b;
  }
};
struct Xor {
  template <class T>
  SIMT_INLINE T operator()(T a, T b) const {
    return a ^ b;
  }
};

template <class T, class Operation>
SIMT_UNWATCHED void combine_reduction(unsigned lanes, void* const* data) {
  T total = *static_cast<T*>(data[__builtin_ctz(lanes)]);
  SIMT_FOR_LANES(lane, lanes & (lanes - 1)) {
    total = Operation()(total, *static_cast<T*>(data[lane]));
  }
  SIMT_FOR_LANES(lane, lanes) * static_cast<T*>(data[lane]) = total;
}

template <class Operation, class T>
SIMT_INLINE T reduce(unsigned mask, T value, const char* name) {
  meet_warp(mask, name, &value, combine_reduction<T, Operation>);
  return value;
}

}  // namespace simt

SIMT_INLINE void __syncwarp(unsigned mask = simt::kWholeWarp) { simt::sync_warp(mask); }

// The lanes that arrive here together.
SIMT_INLINE unsigned __activemask() { return simt::converged_lanes("__activemask"); }

#define SIMT_SHUFFLES(T)                                                                      \
  SIMT_INLINE T __shfl_sync(unsigned mask, T value, int lane, int width = 32) {               \
    return simt::shuffle(mask, value, simt::index_source(lane, width), "__shfl_sync");        \
  }                                                                                           \
  SIMT_INLINE T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {      \
    return simt::shuffle(mask, value, simt::up_source(delta, width), "__shfl_up_sync");       \
  }                                                                                           \
  SIMT_INLINE T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {    \
    return simt::shuffle(mask, value, simt::down_source(delta, width), "__shfl_down_sync");   \
  }                                                                                           \
  SIMT_INLINE T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32) {      \
    return simt::shuffle(mask, value, simt::xor_source(lane_mask, width), "__shfl_xor_sync"); \
  }
#define SIMT_MATCHES(T)                                                          \
  SIMT_INLINE unsigned __match_any_sync(unsigned mask, T value) {                \
    return simt::match(mask, value, "__match_any_sync").same;                    \
  }                                                                              \
  SIMT_INLINE unsigned __match_all_sync(unsigned mask, T value, int* all_same) { \
    const simt::Match found = simt::match(mask, value, "__match_all_sync");      \
    *all_same = found.same == found.present;                                     \
    return *all_same ? found.present : 0;                                        \
  }
#define SIMT_FOR_WARP_TYPES(define)                                                 \
  define(int) define(unsigned) define(long) define(unsigned long) define(long long) \
      define(unsigned long long) define(float) define(double)
SIMT_FOR_WARP_TYPES(SIMT_SHUFFLES)
SIMT_FOR_WARP_TYPES(SIMT_MATCHES)
#undef SIMT_MATCHES
#undef SIMT_FOR_WARP_TYPES

SIMT_INLINE unsigned __ballot_sync(unsigned mask, int predicate) {
  return simt::vote(mask, predicate, "__ballot_sync").votes;
}
SIMT_INLINE int __any_sync(unsigned mask, int predicate) {
  return simt::vote(mask, predicate, "__any_sync").votes != 0;
}
SIMT_INLINE int __all_sync(unsigned mask, int predicate) {
  const simt::Ballot ballot = simt::vote(mask, predicate, "__all_sync");
  return ballot.votes == ballot.voters;
}
SIMT_INLINE int __uni_sync(unsigned mask, int predicate) {
  const simt::Ballot ballot = simt::vote(mask, predicate, "__uni_sync");
  return ballot.votes == ballot.voters || ballot.votes == 0;
}

#define SIMT_REDUCTION(name, T, Operation) \
  SIMT_INLINE T name(unsigned mask, T value) { return simt::reduce<Operation>(mask, value, #name); }
SIMT_REDUCTION(__reduce_add_sync, int, simt::Add)
SIMT_REDUCTION(__reduce_add_sync, unsigned, simt::Add)
SIMT_REDUCTION(__reduce_min_sync, int, simt::Min)
SIMT_REDUCTION(__reduce_min_sync, unsigned, simt::Min)
SIMT_REDUCTION(__reduce_max_sync, int, simt::Max)
SIMT_REDUCTION(__reduce_max_sync, unsigned, simt::Max)
SIMT_REDUCTION(__reduce_and_sync, unsigned, simt::And)
SIMT_REDUCTION(__reduce_or_sync, unsigned, simt::Or)
SIMT_REDUCTION(__reduce_xor_sync, unsigned, simt::Xor)
#undef SIMT_REDUCTION
