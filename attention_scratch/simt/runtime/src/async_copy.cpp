#include "async_copy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mbarrier.h"
#include "ptx/addresses.h"
#include "services.h"

namespace simt {

namespace {

constexpr uint32_t kPiece = 16;  // bytes: what the checker sees at once of a long copy

void announce(uint64_t address, uint32_t bytes, Access how, uint64_t pc) {
  for (uint32_t done = 0; done < bytes; done += kPiece)
    access_at(address + done, std::min(kPiece, bytes - done), how, pc);
}

}  // namespace

void CopyQueue::wait(uint32_t kept) {
  if (groups_.size() <= kept) return;
  const size_t finished = groups_.size() - kept;
  size_t count = 0;
  for (size_t g = 0; g < finished; ++g) count += groups_[g];
  for (size_t i = 0; i < count; ++i) land(copies_[i]);
  copies_.erase(copies_.begin(), copies_.begin() + long(count));
  groups_.erase(groups_.begin(), groups_.begin() + long(finished));
}

std::vector<AsyncCopy> CopyQueue::take() {
  std::fill(groups_.begin(), groups_.end(), 0);
  open_ = 0;
  return std::exchange(copies_, {});
}

void check_copy(const AsyncCopy& copy, uint64_t shared_side) {
  const uint32_t alignment = copy.bytes < kPiece ? copy.bytes : kPiece;
  for (uint64_t address : {copy.to, copy.from})
    if (address % alignment)
      fail_at(kMisuse, copy.pc, "a copy of %u bytes needs addresses that are multiples of %u",
              copy.bytes, alignment);
  if (shared_side - shared_base() >= shared_bytes() ||
      copy.bytes > shared_base() + shared_bytes() - shared_side)
    ptx::fail_outside_shared(shared_side - shared_base(), copy.bytes, copy.pc);
  announce(copy.from, copy.source_bytes, Access::read, copy.pc);
  announce(copy.to, copy.bytes, Access::issued_write, copy.pc);
}

void start_copy(CopyQueue& queue, const AsyncCopy& copy, uint64_t shared_side) {
  check_copy(copy, shared_side);
  queue.add(copy);
}

void land(const AsyncCopy& copy) {
  announce(copy.to, copy.bytes, Access::write, copy.pc);
  ptx::Touching touching;
  char* to = reinterpret_cast<char*>(copy.to);
  std::memcpy(to, reinterpret_cast<const char*>(copy.from), copy.source_bytes);
  std::memset(to + copy.source_bytes, 0, copy.bytes - copy.source_bytes);
}

void wait_for_copies(uint32_t kept_groups) {
  AsyncCopies& own = async_copies_now();
  if (own.at_mbarriers) land_copies_of_thread();
  own.copies.wait(kept_groups);
}

void wait_for_all_copies() {
  AsyncCopies& own = async_copies_now();
  if (own.at_mbarriers) land_copies_of_thread();
  own.copies.wait_all();
}

}  // namespace simt
