// checker.cpp: looks at every memory access of a checked launch before it happens.
#include <algorithm>
#include <cstring>
#include <new>

#include "worker.h"

namespace simt {

void refuse(Worker& worker, Kind kind, uint64_t address, uint32_t size, bool is_write,
                         uint64_t pc) {
  Finding probe{};
  locate(worker, probe, address);
  if (Finding* finding = record(worker, kind, pc, 0, probe.region)) {
    finding->size = size;
    finding->is_write = is_write;
    locate(worker, *finding, address);
  }
  abandon_thread();
}

namespace {

constexpr uint32_t kVolatileReads = 64;  // of one place in a row: a thread that waits for a value

bool within(uint64_t address, uint64_t lo, uint64_t bytes) { return address - lo < bytes; }

int find_region(Worker& worker, uint64_t address) {
  const Launch& launch = *worker.launch;
  const auto holds = [&](uint32_t i) {
    return within(address, launch.regions[i].lo, launch.regions[i].hi - launch.regions[i].lo);
  };
  if (worker.last_region < launch.region_count && holds(worker.last_region))
    return int(worker.last_region);
  for (uint32_t i = 0; i < launch.region_count; ++i)
    if (holds(i)) {
      worker.last_region = i;
      return int(i);
    }
  return -1;
}

inline int find_variable(Worker& worker, uint64_t offset) {
  const Launch& launch = *worker.launch;
  const auto holds = [&](uint32_t i) {
    return within(offset, launch.variables[i].lo, launch.variables[i].hi - launch.variables[i].lo);
  };
  if (worker.last_variable < launch.variable_count && holds(worker.last_variable))
    return int(worker.last_variable);
  for (uint32_t i = 0; i < launch.variable_count; ++i)
    if (holds(i)) {
      worker.last_variable = i;
      return int(i);
    }
  return -1;
}

// A GPU loads 2, 4, 8 or 16 bytes at once only from an address that is a multiple of as many.
void check_alignment(Worker& worker, uint64_t address, uint32_t size, bool is_write, uint64_t pc) {
  const bool power_of_two = (size & (size - 1)) == 0 && size <= 16;
  if (power_of_two && address % size) refuse(worker, kMisaligned, address, size, is_write, pc);
}

EventKind event_of(Access how) {
  if (how == Access::atomic) return EventKind::atomic;
  return writes(how) ? EventKind::write : EventKind::read;
}

void accept(Worker& worker, const Place& place, uint64_t address, uint32_t size, Access how,
            uint64_t pc) {
  Thread& thread = *current_thread;
  check_alignment(worker, address, size, writes(how), pc);
  if (thread.suspicion.open) settle_suspicion(thread, address, how);
  if (is_atomic(how)) note_acquire(*thread.block, thread);
  if (place.space != kConstant) check_race(worker, thread, place, address, size, how, pc);
  if (how == Access::issued_write) return;
  if (worker.launch->sites) count_access(worker, place, address, size, how, pc);
  if (worker.launch->events) trace(worker, thread, event_of(how), pc, place, size);
}

void check_shared(Worker& worker, uint64_t address, uint32_t size, Access how, uint64_t pc) {
  const uint64_t offset = address - worker.shared_base;
  const int variable = find_variable(worker, offset);
  const bool is_write = writes(how);
  if (variable < 0 || offset + size > worker.launch->variables[variable].hi)
    refuse(worker, kOutOfBounds, address, size, is_write, pc);
  accept(worker, {kShared, variable, offset}, address, size, how, pc);
}

// Memory that is not an array of the caller but the kernel may use: its own locals whose address
// was taken, its parameters, and constants of the module such as a printf format.
bool is_private(Worker& worker, uint64_t address, uint32_t size, bool is_write, uint64_t pc) {
  const Launch& launch = *worker.launch;
  const Thread& thread = *current_thread;
  if (thread.block->stacks.holds(thread.stack, address)) return true;
  if (within(address, uint64_t(launch.args), launch.args_bytes)) return true;
  if (!within(address, launch.module_lo, launch.module_hi - launch.module_lo)) return false;
  if (is_write) refuse(worker, kUnsupported, address, size, true, pc);
  return true;
}

void check(Worker& worker, uint64_t address, uint32_t size, Access how, uint64_t pc) {
  const Launch& launch = *worker.launch;
  const bool is_write = writes(how);
  if (within(address, worker.shared_base, launch.shared_bytes))
    return check_shared(worker, address, size, how, pc);
  const int index = find_region(worker, address);
  if (index < 0) {
    if (is_private(worker, address, size, is_write, pc)) return;
    refuse(worker, kOutOfBounds, address, size, is_write, pc);
  }
  const Region& region = launch.regions[index];
  if (size > region.hi - address) refuse(worker, kOutOfBounds, address, size, is_write, pc);
  if (is_write && region.read_only) refuse(worker, kConstWrite, address, size, is_write, pc);
  accept(worker, {Space(region.space), index, address - region.lo}, address, size, how, pc);
}

// The checks stand on the thread's own stack: better to end it now than in the middle of one.
void check_stack(uint64_t pc) {
  constexpr uint64_t kRoom = 16 << 10;
  const Thread& thread = *current_thread;
  const uint64_t here = uint64_t(__builtin_frame_address(0));
  if (thread.block->stacks.below(thread.stack, here) < kRoom)
    fail_at(kStackOverflow, pc, "%s", "");
}

[[noreturn]] void give_up(Worker& worker, uint64_t pc) {
  record(worker, kOutOfMemory, pc);
  __atomic_store_n(&worker.launch->stop, uint32_t(kOutOfMemory), __ATOMIC_RELAXED);
  abandon_block();
}

}  // namespace

void prepare_checker(Worker& worker) {
  const Launch& launch = *worker.launch;
  worker.last_region = worker.last_variable = 0;
  worker.counting = launch.sites || launch.events;
  worker.epoch = worker.grid_epoch = 0;
  worker.published.clear();
  worker.shadows.assign(launch.region_count, {});
  for (uint32_t i = 0; i < launch.region_count; ++i) {
    const Region& region = launch.regions[i];
    if (region.read_only || !region.granule) continue;
    worker.shadows[i].assign((region.hi - region.lo + region.granule - 1) / region.granule,
                             Shadow{});
  }
  for (auto& block : worker.blocks) {
    block->shared_shadows.clear();
    for (uint32_t i = 0; i < launch.variable_count; ++i)
      block->shared_shadows.emplace_back(launch.variables[i].hi - launch.variables[i].lo);
  }
}

// Every bit set: NaN as a float, −1 as an integer. What a block leaves behind must not help the
// next one.
void poison_shared(const Worker& worker) {
  const Launch& launch = *worker.launch;
  for (uint32_t i = 0; i < launch.variable_count; ++i) {
    const SharedVariable& v = launch.variables[i];
    std::memset(reinterpret_cast<void*>(worker.shared_base + v.lo), 0xff, v.hi - v.lo);
  }
}

// The cases that need no more than a look: they make up nearly all accesses of a tiled kernel.
inline bool plain_word(Worker& worker, uint64_t address, uint32_t size, Access how, uint64_t pc) {
  const Launch& launch = *worker.launch;
  const uint64_t offset = address - worker.shared_base;
  if (size != 4 || (how != Access::read && how != Access::write) ||
      offset >= launch.shared_bytes || worker.counting || current_thread->suspicion.open)
    return false;
  const int variable = find_variable(worker, offset);
  return variable >= 0 && offset + size <= launch.variables[variable].hi &&
         plainly_right(worker, *current_thread, variable, offset, how == Access::write, pc);
}

__attribute__((noinline)) static void look_closely(Worker& worker, uint64_t address, uint32_t size,
                                                   Access how, uint64_t pc) {
  check_stack(pc);
  bool out_of_memory = false;
  try {
    check(worker, address, size, how, pc);
  } catch (const std::bad_alloc&) {  // counting a very long loop; kernels know no exceptions
    out_of_memory = true;
  }
  if (out_of_memory) give_up(worker, pc);
}

void on_access(uint64_t address, uint32_t size, Access how, uint64_t pc) {
  Worker* worker = current_worker;
  if (!worker || !worker->in_kernel || !worker->launch->checked) return;
  worker->in_kernel = false;
  if (stop_wanted(*worker->launch)) stop_here(*worker, pc);
  if (!plain_word(*worker, address, size, how, pc)) look_closely(*worker, address, size, how, pc);
  worker->in_kernel = true;
}

// A thread that keeps asking for one place waits for another one: it lets the others run.
void give_way_if_waiting(uint64_t pc) {
  Worker* worker = current_worker;
  if (!worker || !worker->in_kernel || !worker->launch->checked) return;
  RuntimeSection section;
  Thread& thread = *current_thread;
  thread.volatile_reads = thread.volatile_pc == pc ? thread.volatile_reads + 1 : 0;
  thread.volatile_pc = pc;
  if (thread.volatile_reads % kVolatileReads == kVolatileReads - 1) spin_at(pc);
}

void access_at(uint64_t address, uint32_t bytes, Access how, uint64_t pc) {
  if (!current_worker->launch->checked) return;
  check(*current_worker, address, bytes, how, pc);
}

}  // namespace simt
