#include "mbarrier.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "block.h"
#include "ptx/addresses.h"
#include "services.h"

namespace simt {

namespace {

enum class Pending : uint8_t { copy, bulk_copy, arrival };

struct Deferred {
  Pending what;
  AsyncCopy copy;
  uint32_t thread;
};

struct Mbarrier {
  const Block* block;
  uint64_t linear_block, address;
  uint32_t phase, expected, pending;
  int32_t bytes;            // still to come
  uint32_t arrived_warps;   // in this phase,
  uint32_t complete_warps;  // in the one before
  std::vector<Deferred> deferred;

  // phase: bit 0; pending: 1 to 20; expected: 21 to 40; bytes: 41 to 63.
  uint64_t word() const {
    return (phase & 1) | uint64_t(pending) << 1 | uint64_t(expected) << 21 |
           uint64_t(uint32_t(bytes)) << 41;
  }
};

// Those of the blocks this operating-system thread runs.
std::vector<Mbarrier>& table() {
  static thread_local std::vector<Mbarrier>* barriers __attribute__((tls_model("initial-exec"))) =
      nullptr;
  if (!barriers) barriers = new std::vector<Mbarrier>();
  return *barriers;
}

// Another block's turn, or another launch's: its barriers are gone.
bool is_stale(const Mbarrier& barrier, const Block& block) {
  return barrier.block == &block && barrier.linear_block != block.linear;
}

Mbarrier* find(uint64_t address) {
  const Block& block = *current_thread->block;
  for (Mbarrier& barrier : table())
    if (barrier.address == address && barrier.block == &block && !is_stale(barrier, block))
      return &barrier;
  return nullptr;
}

void touch(uint64_t address, uint64_t pc, Access how = Access::atomic) {
  ptx::check_shared_range(address, 8, pc);
  if (address % 8) fail_at(kMisuse, pc, "an mbarrier must lie at a multiple of 8 bytes");
  access_at(address, 8, how, pc);
}

void store(const Mbarrier& barrier) {
  const uint64_t word = barrier.word();
  std::memcpy(reinterpret_cast<void*>(barrier.address), &word, sizeof word);
}

Mbarrier& use(uint64_t address, uint64_t pc) {
  touch(address, pc);
  Mbarrier* barrier = find(address);
  uint64_t word;
  std::memcpy(&word, reinterpret_cast<void*>(address), sizeof word);
  if (!barrier || barrier->word() != word)
    fail_at(kMisuse, pc, "the mbarrier at byte %u of shared memory is not initialized%s",
            uint32_t(address - shared_base()), barrier ? ", or was written over" : "");
  return *barrier;
}

void complete_phase(Mbarrier& barrier) {
  if (!barrier.pending && !barrier.bytes) {
    ++barrier.phase;
    barrier.pending = barrier.expected;
    barrier.complete_warps = barrier.arrived_warps;
    barrier.arrived_warps = 0;
  }
  store(barrier);
}

void arrive(Mbarrier& barrier, uint32_t count, uint32_t warp, uint64_t pc) {
  if (count > barrier.pending)
    fail_at(kMisuse, pc, "%u arrivals at an mbarrier that expects %u more in this phase", count,
            barrier.pending);
  barrier.pending -= count;
  barrier.arrived_warps |= 1u << warp;
}

void add_bytes(Mbarrier& barrier, int64_t bytes, uint64_t pc) {
  const int64_t total = barrier.bytes + bytes;
  if (total > int64_t(kMostArrivals) || total < -int64_t(kMostArrivals))
    fail_at(kMisuse, pc, "%lld bytes still to come: an mbarrier counts to %u", (long long)total,
            kMostArrivals);
  barrier.bytes = int32_t(total);
}

// The waiting thread does the work of the one that started the copy, and knows what that one knew.
void perform(Mbarrier& barrier, const Deferred& deferred) {
  const uint32_t warp = deferred.thread / kWarpSize;
  if (deferred.what == Pending::arrival) return arrive(barrier, 1, warp, deferred.copy.pc);
  if (warp != current_thread->warp) acquire_warps(1u << warp);
  land(deferred.copy);
  barrier.arrived_warps |= 1u << current_thread->warp | 1u << warp;
  if (deferred.what == Pending::bulk_copy)
    add_bytes(barrier, -int64_t(deferred.copy.bytes), deferred.copy.pc);
  else
    --current_thread->block->thread[deferred.thread].copies.at_mbarriers;
}

void perform_deferred(Mbarrier& barrier) {
  const std::vector<Deferred> now = std::exchange(barrier.deferred, {});
  for (const Deferred& deferred : now) {
    perform(barrier, deferred);
    complete_phase(barrier);
  }
}

template <class Over>
bool test(uint64_t address, bool patient, uint64_t pc, Over over) {
  for (int attempt = 0; attempt <= int(patient); ++attempt) {
    Mbarrier& barrier = use(address, pc);
    if (!over(barrier)) perform_deferred(barrier);
    if (over(barrier)) {
      acquire_warps(barrier.complete_warps);
      return true;
    }
    if (attempt == 0) spin_at(pc);
  }
  return false;
}

}  // namespace

void mbarrier_init(uint64_t address, uint32_t arrivals, uint64_t pc) {
  touch(address, pc, Access::write);
  if (!arrivals || arrivals > kMostArrivals)
    fail_at(kMisuse, pc, "an mbarrier expects 1 to %u arrivals, not %u", kMostArrivals, arrivals);
  const Block& block = *current_thread->block;
  std::vector<Mbarrier>& all = table();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const Mbarrier& other) {
                             return is_stale(other, block) ||
                                    (other.address == address && other.block == &block);
                           }),
            all.end());
  all.push_back({&block, block.linear, address, 0, arrivals, arrivals, 0, 0, 0, {}});
  store(all.back());
}

void mbarrier_invalidate(uint64_t address, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  table().erase(table().begin() + (&barrier - table().data()));
}

uint64_t mbarrier_arrive(uint64_t address, uint32_t count, Arrival how, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  const uint64_t before = barrier.word();
  if (how == Arrival::drop) {
    if (count > barrier.expected) fail_at(kMisuse, pc, "more threads leave than arrive");
    barrier.expected -= count;
  }
  arrive(barrier, count, current_thread->warp, pc);
  if (how == Arrival::no_complete && !barrier.pending && !barrier.bytes)
    fail_at(kMisuse, pc, "mbarrier.arrive.noComplete completes the phase");
  complete_phase(barrier);
  return before;
}

uint32_t mbarrier_pending(uint64_t state) { return uint32_t(state >> 1) & kMostArrivals; }

void mbarrier_expect(uint64_t address, uint32_t bytes, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  add_bytes(barrier, bytes, pc);
  store(barrier);
}

void mbarrier_complete(uint64_t address, uint32_t bytes, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  add_bytes(barrier, -int64_t(bytes), pc);
  complete_phase(barrier);
}

bool mbarrier_test(uint64_t address, uint64_t state, bool patient, uint64_t pc) {
  return test(address, patient, pc,
              [&](const Mbarrier& barrier) { return (barrier.phase & 1) != (state & 1); });
}

bool mbarrier_test_parity(uint64_t address, uint32_t parity, bool patient, uint64_t pc) {
  return test(address, patient, pc,
              [&](const Mbarrier& barrier) { return (barrier.phase & 1) != (parity & 1); });
}

void mbarrier_arrive_after_copies(uint64_t address, bool counted, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  Thread& thread = *current_thread;
  if (!counted) {  // the arrival is one more than the phase was going to wait for
    if (barrier.pending == kMostArrivals) fail_at(kMisuse, pc, "too many arrivals");
    ++barrier.pending;
  }
  for (const AsyncCopy& copy : thread.copies.copies.take()) {
    barrier.deferred.push_back({Pending::copy, copy, thread.linear});
    ++thread.copies.at_mbarriers;
  }
  barrier.deferred.push_back({Pending::arrival, {0, 0, 0, 0, pc}, thread.linear});
  store(barrier);
}

void mbarrier_copy(uint64_t address, const AsyncCopy& copy, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  barrier.deferred.push_back({Pending::bulk_copy, copy, current_thread->linear});
}

void land_copies_of_thread() {
  const uint32_t thread = current_thread->linear;
  for (Mbarrier& barrier : table()) {
    if (barrier.block != current_thread->block) continue;
    for (const Deferred& deferred : barrier.deferred)
      if (deferred.thread == thread && deferred.what == Pending::copy) {
        perform_deferred(barrier);
        break;
      }
  }
}

}  // namespace simt
