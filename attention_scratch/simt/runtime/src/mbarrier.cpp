#include "mbarrier.h"

#include <cstring>
#include <utility>
#include <vector>

#include "block.h"
#include "ptx/addresses.h"
#include "services.h"

namespace simt {

namespace {

Mbarrier* find(uint64_t address) {
  for (Mbarrier& barrier : current_thread->block->mbarriers)
    if (barrier.address == address) return &barrier;
  return nullptr;
}

// Nobody has written over it.
bool is_whole(const Mbarrier& barrier) {
  uint64_t word;
  std::memcpy(&word, reinterpret_cast<void*>(barrier.address), sizeof word);
  return barrier.word() == word;
}

void touch(uint64_t address, uint64_t pc, Access how = Access::atomic) {
  ptx::check_shared_range(address, 8, pc);
  access_at(address, 8, how, pc);
  if (address % 8) refuse(*current_worker, kMisaligned, address, 8, writes(how), pc);
}

void store(const Mbarrier& barrier) {
  const uint64_t word = barrier.word();
  std::memcpy(reinterpret_cast<void*>(barrier.address), &word, sizeof word);
}

Mbarrier& use(uint64_t address, uint64_t pc) {
  touch(address, pc);
  Mbarrier* barrier = find(address);
  if (!barrier || !is_whole(*barrier))
    fail_at(kMisuse, pc, "the mbarrier at byte %u of shared memory is not initialized%s",
            uint32_t(address - shared_base()), barrier ? ", or was written over" : "");
  return *barrier;
}

void complete_phase(Mbarrier& barrier) {
  if (!barrier.pending && !barrier.bytes) {
    ++barrier.phase;
    barrier.pending = barrier.expected;
    barrier.complete = std::exchange(barrier.arrived, {});
  }
  store(barrier);
}

void arrive(Mbarrier& barrier, uint32_t count, uint64_t pc) {
  if (count > barrier.pending)
    fail_at(kMisuse, pc, "%u arrivals at an mbarrier that expects %u more in this phase", count,
            barrier.pending);
  barrier.pending -= count;
}

void add_bytes(Mbarrier& barrier, int64_t bytes, uint64_t pc) {
  const int64_t total = barrier.bytes + bytes;
  if (total > int64_t(kMostArrivals) || total < -int64_t(kMostArrivals))
    fail_at(kMisuse, pc, "%lld bytes still to come: an mbarrier counts to %u", (long long)total,
            kMostArrivals);
  barrier.bytes = int32_t(total);
}

// The waiting thread does the work of the one that started the copy; who waits for the barrier may
// rely on it.
void perform(Mbarrier& barrier, const Deferred& deferred) {
  if (deferred.what == Pending::arrival) return arrive(barrier, 1, deferred.copy.pc);
  land(deferred.copy);
  publish(barrier.arrived);
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
      acquire(barrier.complete);
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
  Mbarrier* known = find(address);
  if (known && is_whole(*known))
    fail_at(kMisuse, pc, "the mbarrier at byte %u of shared memory is in use: mbarrier.inval first",
            uint32_t(address - shared_base()));
  std::vector<Mbarrier>& all = current_thread->block->mbarriers;
  if (!known) known = &all.emplace_back();
  *known = {address, 0, arrivals, arrivals, 0, {}, {}, {}};
  store(*known);
}

void mbarrier_invalidate(uint64_t address, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  if (!barrier.deferred.empty())
    fail_at(kMisuse, pc, "mbarrier.inval, but copies it was given have not arrived: wait first");
  std::vector<Mbarrier>& all = current_thread->block->mbarriers;
  all.erase(all.begin() + (&barrier - all.data()));
}

uint64_t mbarrier_arrive(uint64_t address, uint32_t count, Arrival how, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  if (!count) fail_at(kMisuse, pc, "0 arrivals at an mbarrier");
  const uint64_t before = barrier.word();
  if (how == Arrival::drop) {
    if (count > barrier.expected) fail_at(kMisuse, pc, "more threads leave than arrive");
    barrier.expected -= count;
  }
  arrive(barrier, count, pc);
  publish(barrier.arrived);
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
  if (parity > 1) fail_at(kMisuse, pc, "a phase has parity 0 or 1, not %u", parity);
  return test(address, patient, pc,
              [&](const Mbarrier& barrier) { return (barrier.phase & 1) != parity; });
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
  publish(barrier.arrived);  // the phase cannot be over before this arrival
  store(barrier);
}

void mbarrier_copy(uint64_t address, const AsyncCopy& copy, uint64_t pc) {
  Mbarrier& barrier = use(address, pc);
  barrier.deferred.push_back({Pending::bulk_copy, copy, current_thread->linear});
}

void land_copies_of_thread() {
  const uint32_t thread = current_thread->linear;
  for (Mbarrier& barrier : current_thread->block->mbarriers)
    for (const Deferred& deferred : barrier.deferred)
      if (deferred.thread == thread && deferred.what == Pending::copy) {
        perform_deferred(barrier);
        break;
      }
}

}  // namespace simt
