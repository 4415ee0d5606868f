// groups.h: cooperative groups: a block, the grid, or some lanes of a warp as an object that knows
// its size and the caller's rank in it, and can meet.
#pragma once

namespace cooperative_groups {

namespace details {

template <class T>
using Plain = std::remove_cv_t<std::remove_reference_t<T>>;

// Some lanes of the caller's warp. Ranks count the lanes of the mask from the lowest up.
struct Lanes {
  unsigned mask, meta_rank, meta_size;

  SIMT_INLINE unsigned size() const { return unsigned(__popc(mask)); }
  SIMT_INLINE unsigned rank() const {
    return unsigned(__popc(mask & ((1u << simt::lane_id()) - 1)));
  }
  SIMT_INLINE unsigned lane(int rank) const { return __fns(mask, 0, rank + 1) & 31; }
  // What is set for lanes, set for their ranks instead.
  SIMT_INLINE unsigned packed(unsigned lanes) const {
    unsigned ranks = 0, rank = 0;
    SIMT_FOR_LANES(lane, mask) ranks |= (lanes >> lane & 1) << rank++;
    return ranks;
  }
  // The caller's part of them, cut into parts of `size` by rank.
  SIMT_INLINE Lanes part(unsigned size) const {
    const unsigned first = rank() / size * size;
    unsigned lanes = 0, rank = 0;
    SIMT_FOR_LANES(lane, mask) {
      if (rank >= first && rank < first + size) lanes |= 1u << lane;
      ++rank;
    }
    return {lanes, first / size, (this->size() + size - 1) / size};
  }
};

SIMT_INLINE void check_tile_size(unsigned size) {
  if (size < 1 || size > 32 || (size & (size - 1)))
    simt::misuse("the size of a tile must be a power of two from 1 to 32");
}

}  // namespace details

class thread_block;
class coalesced_group;

// Any group, where its kind is known at run time only.
class thread_group {
 public:
  SIMT_INLINE void sync() const;
  SIMT_INLINE unsigned long long num_threads() const;
  SIMT_INLINE unsigned long long size() const { return num_threads(); }
  SIMT_INLINE unsigned long long thread_rank() const;

 protected:
  enum class Kind { lanes, block, grid };
  SIMT_INLINE thread_group(Kind kind, details::Lanes lanes) : kind_(kind), lanes_(lanes) {}

  Kind kind_;
  details::Lanes lanes_;  // of a group of that kind

  friend thread_group tiled_partition(const thread_group& parent, unsigned size);
};

class thread_block : public thread_group {
 public:
  struct arrival_token {};

  SIMT_INLINE thread_block() : thread_group(Kind::block, {}) {}
  SIMT_INLINE static void sync() { simt::sync_block(0, 0); }
  SIMT_INLINE arrival_token barrier_arrive() const { return {}; }
  SIMT_INLINE void barrier_wait(arrival_token&&) const { sync(); }
  SIMT_INLINE static unsigned thread_rank() { return simt::linear_thread(); }
  SIMT_INLINE static unsigned num_threads() { return simt::block_threads(); }
  SIMT_INLINE static unsigned size() { return num_threads(); }
  SIMT_INLINE static dim3 group_index() { return blockIdx; }
  SIMT_INLINE static dim3 thread_index() { return threadIdx; }
  SIMT_INLINE static dim3 dim_threads() { return blockDim; }
  SIMT_INLINE static dim3 group_dim() { return blockDim; }
};

class grid_group : public thread_group {
 public:
  struct arrival_token {};

  SIMT_INLINE grid_group() : thread_group(Kind::grid, {}) {}
  SIMT_INLINE bool is_valid() const { return simt::is_cooperative(); }
  SIMT_INLINE void sync() const { simt::sync_grid(); }
  SIMT_INLINE arrival_token barrier_arrive() const { return {}; }
  SIMT_INLINE void barrier_wait(arrival_token&&) const { sync(); }
  SIMT_INLINE static unsigned long long thread_rank() {
    return block_rank() * simt::block_threads() + simt::linear_thread();
  }
  SIMT_INLINE static unsigned long long num_threads() {
    return num_blocks() * simt::block_threads();
  }
  SIMT_INLINE static unsigned long long size() { return num_threads(); }
  SIMT_INLINE static unsigned long long block_rank() {
    const dim3 grid = gridDim, block = blockIdx;
    return (block.z * 1ull * grid.y + block.y) * grid.x + block.x;
  }
  SIMT_INLINE static unsigned long long num_blocks() {
    const dim3 grid = gridDim;
    return grid.x * 1ull * grid.y * grid.z;
  }
  SIMT_INLINE static dim3 block_index() { return blockIdx; }
  SIMT_INLINE static dim3 dim_blocks() { return gridDim; }
  SIMT_INLINE static dim3 group_dim() { return gridDim; }
  SIMT_INLINE static dim3 dim_threads() {
    const dim3 grid = gridDim, block = blockDim;
    return {grid.x * block.x, grid.y * block.y, grid.z * block.z};
  }
  SIMT_INLINE static dim3 thread_index() {
    const dim3 in_grid = blockIdx, block = blockDim, in_block = threadIdx;
    return {in_grid.x * block.x + in_block.x, in_grid.y * block.y + in_block.y,
            in_grid.z * block.z + in_block.z};
  }
};

// Lanes of a warp, chosen at run time.
class coalesced_group : public thread_group {
 public:
  SIMT_INLINE explicit coalesced_group(details::Lanes lanes) : thread_group(Kind::lanes, lanes) {}

  SIMT_INLINE void sync() const { simt::sync_warp(lanes_.mask); }
  SIMT_INLINE unsigned num_threads() const { return lanes_.size(); }
  SIMT_INLINE unsigned size() const { return num_threads(); }
  SIMT_INLINE unsigned thread_rank() const { return lanes_.rank(); }
  SIMT_INLINE unsigned meta_group_rank() const { return lanes_.meta_rank; }
  SIMT_INLINE unsigned meta_group_size() const { return lanes_.meta_size; }

  template <class T>
  SIMT_INLINE details::Plain<T> shfl(T&& value, int rank) const {
    return simt::shuffle<details::Plain<T>>(lanes_.mask, value, lanes_.lane(rank), "shfl");
  }
  template <class T>
  SIMT_INLINE details::Plain<T> shfl_down(T&& value, unsigned delta) const {
    const unsigned rank = lanes_.rank(), other = rank + delta < size() ? rank + delta : rank;
    return simt::shuffle<details::Plain<T>>(lanes_.mask, value, lanes_.lane(int(other)),
                                            "shfl_down");
  }
  template <class T>
  SIMT_INLINE details::Plain<T> shfl_up(T&& value, unsigned delta) const {
    const unsigned rank = lanes_.rank(), other = rank >= delta ? rank - delta : rank;
    return simt::shuffle<details::Plain<T>>(lanes_.mask, value, lanes_.lane(int(other)), "shfl_up");
  }
  SIMT_INLINE int any(int predicate) const {
    return simt::vote(lanes_.mask, predicate, "any").votes != 0;
  }
  SIMT_INLINE int all(int predicate) const {
    return simt::vote(lanes_.mask, predicate, "all").votes == lanes_.mask;
  }
  SIMT_INLINE unsigned ballot(int predicate) const {
    return lanes_.packed(simt::vote(lanes_.mask, predicate, "ballot").votes);
  }
  template <class T>
  SIMT_INLINE unsigned match_any(T value) const {
    return lanes_.packed(simt::match(lanes_.mask, value, "match_any").same);
  }
  template <class T>
  SIMT_INLINE unsigned match_all(T value, int& all_same) const {
    const simt::Match found = simt::match(lanes_.mask, value, "match_all");
    all_same = found.same == found.present;
    return all_same ? lanes_.packed(found.present) : 0;
  }
  SIMT_INLINE details::Lanes simt_lanes() const { return lanes_; }
};

namespace details {

// A larger tile than a warp: has no definition, so that the compiler's error names it.
template <unsigned Size>
struct simt_refused_tile;
struct SmallEnough {};

// `Size` neighboring lanes of a warp, a power of two. That number is a constant, which lets every
// source of a shuffle be computed without looking at the mask.
template <unsigned Size>
struct Tile : std::conditional_t<(Size > 32), simt_refused_tile<Size>, SmallEnough> {
  static_assert(Size > 0 && (Size & (Size - 1)) == 0, "the size of a tile is a power of two");

  SIMT_INLINE static unsigned first_lane() { return simt::lane_id() & ~(Size - 1); }
  SIMT_INLINE static unsigned mask() { return (simt::kWholeWarp >> (32 - Size)) << first_lane(); }

  SIMT_INLINE static void sync() { simt::sync_warp(mask()); }
  SIMT_INLINE static unsigned thread_rank() { return simt::linear_thread() & (Size - 1); }
  SIMT_INLINE static constexpr unsigned num_threads() { return Size; }
  SIMT_INLINE static constexpr unsigned size() { return Size; }

  template <class T>
  SIMT_INLINE Plain<T> shfl(T&& value, int rank) const {
    return simt::shuffle<Plain<T>>(mask(), value, simt::index_source(rank, Size), "shfl");
  }
  template <class T>
  SIMT_INLINE Plain<T> shfl_down(T&& value, unsigned delta) const {
    return simt::shuffle<Plain<T>>(mask(), value, simt::down_source(delta, Size), "shfl_down");
  }
  template <class T>
  SIMT_INLINE Plain<T> shfl_up(T&& value, unsigned delta) const {
    return simt::shuffle<Plain<T>>(mask(), value, simt::up_source(delta, Size), "shfl_up");
  }
  template <class T>
  SIMT_INLINE Plain<T> shfl_xor(T&& value, unsigned bits) const {
    return simt::shuffle<Plain<T>>(mask(), value, simt::xor_source(int(bits), Size), "shfl_xor");
  }
  SIMT_INLINE int any(int predicate) const {
    return simt::vote(mask(), predicate, "any").votes != 0;
  }
  SIMT_INLINE int all(int predicate) const {
    return simt::vote(mask(), predicate, "all").votes == mask();
  }
  SIMT_INLINE unsigned ballot(int predicate) const {
    return simt::vote(mask(), predicate, "ballot").votes >> first_lane();
  }
  template <class T>
  SIMT_INLINE unsigned match_any(T value) const {
    return simt::match(mask(), value, "match_any").same >> first_lane();
  }
  template <class T>
  SIMT_INLINE unsigned match_all(T value, int& all_same) const {
    const simt::Match found = simt::match(mask(), value, "match_all");
    all_same = found.same == found.present;
    return all_same ? found.present >> first_lane() : 0;
  }
};

}  // namespace details

// A tile that knows what it was cut from by its type …
template <unsigned Size, class Parent = void>
class thread_block_tile : public details::Tile<Size> {
 public:
  SIMT_INLINE static unsigned meta_group_rank() { return Parent::thread_rank() / Size; }
  SIMT_INLINE static unsigned meta_group_size() { return (Parent::size() + Size - 1) / Size; }
  SIMT_INLINE details::Lanes simt_lanes() const {
    return {this->mask(), meta_group_rank(), meta_group_size()};
  }
};

// … and one that remembers it, for functions that take a tile of any origin.
template <unsigned Size>
class thread_block_tile<Size, void> : public details::Tile<Size>, public thread_group {
 public:
  template <class Parent>
  SIMT_INLINE thread_block_tile(const thread_block_tile<Size, Parent>& tile)
      : thread_group(Kind::lanes, tile.simt_lanes()) {}

  using details::Tile<Size>::sync;
  using details::Tile<Size>::thread_rank;
  using details::Tile<Size>::num_threads;
  using details::Tile<Size>::size;
  SIMT_INLINE unsigned meta_group_rank() const { return lanes_.meta_rank; }
  SIMT_INLINE unsigned meta_group_size() const { return lanes_.meta_size; }
  SIMT_INLINE details::Lanes simt_lanes() const { return lanes_; }
};

SIMT_INLINE void thread_group::sync() const {
  if (kind_ == Kind::lanes) return simt::sync_warp(lanes_.mask);
  return kind_ == Kind::block ? simt::sync_block(0, 0) : simt::sync_grid();
}
SIMT_INLINE unsigned long long thread_group::num_threads() const {
  if (kind_ == Kind::lanes) return lanes_.size();
  return kind_ == Kind::block ? thread_block::num_threads() : grid_group::num_threads();
}
SIMT_INLINE unsigned long long thread_group::thread_rank() const {
  if (kind_ == Kind::lanes) return lanes_.rank();
  return kind_ == Kind::block ? thread_block::thread_rank() : grid_group::thread_rank();
}

}  // namespace cooperative_groups
