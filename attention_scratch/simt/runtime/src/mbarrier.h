// mbarrier.h: barriers that are objects in shared memory, which count arrivals and bytes copied.
//
// PTX leaves the layout of the 64 bits open. Here they hold the phase, the arrivals still to come,
// those each phase expects and the bytes still to come; what does not fit them, such as the copies
// a barrier waits for, is kept beside. A copy lands when somebody polls the barrier and finds the
// phase incomplete.
#pragma once
#include <cstdint>
#include <vector>

#include "async_copy.h"
#include "services.h"

namespace simt {

constexpr uint32_t kMostArrivals = (1u << 20) - 1;

enum class Pending : uint8_t { copy, bulk_copy, arrival };

// What happens when somebody asks whether the phase is over.
struct Deferred {
  Pending what;
  AsyncCopy copy;
  uint32_t thread;
};

struct Mbarrier {
  uint64_t address;
  uint32_t phase, expected, pending;
  int32_t bytes;      // still to come
  Arrivals arrived;   // in this phase,
  Arrivals complete;  // in the one before
  std::vector<Deferred> deferred;

  // phase: bit 0; pending: 1 to 20; expected: 21 to 40; bytes: 41 to 63.
  uint64_t word() const {
    return (phase & 1) | uint64_t(pending) << 1 | uint64_t(expected) << 21 |
           uint64_t(uint32_t(bytes)) << 41;
  }
};

// `address` is that of the object; each function checks it, and that the object is initialized.
void mbarrier_init(uint64_t address, uint32_t arrivals, uint64_t pc);
void mbarrier_invalidate(uint64_t address, uint64_t pc);

enum class Arrival { plain, no_complete, drop };
// The object as it was before the arrival, by which its phase can be waited for.
uint64_t mbarrier_arrive(uint64_t address, uint32_t count, Arrival how, uint64_t pc);
uint32_t mbarrier_pending(uint64_t state);
void mbarrier_expect(uint64_t address, uint32_t bytes, uint64_t pc);
void mbarrier_complete(uint64_t address, uint32_t bytes, uint64_t pc);

// Is the phase of `state`, or the one of this parity, over? Lets other threads run if not;
// `patient` asks once more after that.
bool mbarrier_test(uint64_t address, uint64_t state, bool patient, uint64_t pc);
bool mbarrier_test_parity(uint64_t address, uint32_t parity, bool patient, uint64_t pc);

// cp.async.mbarrier.arrive: the thread's copies so far, then one arrival.
void mbarrier_arrive_after_copies(uint64_t address, bool counted, uint64_t pc);
// cp.async.bulk: a copy that reports its bytes.
void mbarrier_copy(uint64_t address, const AsyncCopy& copy, uint64_t pc);

void land_copies_of_thread();  // those of the calling thread which barriers keep

}  // namespace simt
