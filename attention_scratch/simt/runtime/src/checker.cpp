// checker.cpp: looks at every memory access of a checked launch before it happens.
#include <algorithm>
#include <new>

#include "worker.h"

namespace simt {

void prepare_checker(Worker& worker) {
  const Launch& launch = *worker.launch;
  worker.last_region = 0;
  worker.shadows.assign(launch.region_count, {});
  for (uint32_t i = 0; i < launch.region_count; ++i) {
    const Region& region = launch.regions[i];
    const uint64_t granules = (region.hi - region.lo + region.granule - 1) / region.granule;
    if (!region.read_only) worker.shadows[i].assign(granules, Shadow{});
  }
}

namespace {

bool inside(const Region& region, uint64_t address) {
  return address - region.lo < region.hi - region.lo;
}

int find_region(Worker& worker, uint64_t address) {
  const Launch& launch = *worker.launch;
  if (!launch.region_count) return -1;
  if (inside(launch.regions[worker.last_region], address)) return int(worker.last_region);
  for (uint32_t i = 0; i < launch.region_count; ++i)
    if (inside(launch.regions[i], address)) {
      worker.last_region = i;
      return int(i);
    }
  return -1;
}

bool within(uint64_t address, uint64_t lo, uint64_t hi) { return address - lo < hi - lo; }

// Memory that is not an array of the caller but the kernel may use: its own locals whose address
// was taken, and its parameters.
bool is_private(const Worker& worker, uint64_t address) {
  const Launch& launch = *worker.launch;
  const uint64_t args = uint64_t(launch.args);
  return within(address, uint64_t(worker.stack_lo), uint64_t(worker.stack_hi)) ||
         within(address, args, args + launch.args_bytes);
}

// The module's own constants and variables. Reading is harmless; what is written (a static variable
// of a function) stays for the next launch, is seen by all threads, and no race is looked for
// there.
bool is_of_module(const Worker& worker, uint64_t address) {
  return within(address, worker.launch->module_lo, worker.launch->module_hi);
}

[[noreturn]] void refuse(Worker& worker, Kind kind, uint64_t address, uint32_t size, bool is_write,
                         uint64_t pc) {
  const int region = nearest_region(*worker.launch, address);
  if (Finding* finding = record(worker, kind, pc, 0, region)) {
    finding->size = size;
    finding->is_write = is_write;
    locate(*worker.launch, *finding, address);
  }
  abandon_thread(worker);
}

void split_id(const Worker& worker, uint64_t id, uint32_t* thread, uint32_t* block) {
  const uint32_t *b = worker.launch->block, *g = worker.launch->grid;
  const uint64_t linear_thread = (id - 1) % worker.thread_count;
  const uint64_t linear_block = (id - 1) / worker.thread_count;
  thread[0] = uint32_t(linear_thread % b[0]);
  thread[1] = uint32_t(linear_thread / b[0] % b[1]);
  thread[2] = uint32_t(linear_thread / b[0] / b[1]);
  block[0] = uint32_t(linear_block % g[0]);
  block[1] = uint32_t(linear_block / g[0] % g[1]);
  block[2] = uint32_t(linear_block / g[0] / g[1]);
}

struct Access {
  int region;
  uint64_t address;
  uint32_t size;
  bool is_write;
  uint64_t pc;
};

void report_race(Worker& worker, const Access& access, uint64_t other, uint32_t other_pc,
                 bool other_is_write) {
  const Launch& launch = *worker.launch;
  Finding* finding = record(worker, kRace, access.pc, launch.module_lo + other_pc, access.region);
  if (!finding) return;
  finding->size = access.size;
  finding->is_write = access.is_write;
  finding->other_is_write = other_is_write;
  finding->address = access.address;
  finding->offset = int64_t(access.address - launch.regions[access.region].lo);
  split_id(worker, other, finding->other_thread, finding->other_block);
}

bool conflicts(Worker& worker, const Access& access, const Shadow& shadow, uint64_t me) {
  if (shadow.writer && shadow.writer != me) {
    report_race(worker, access, shadow.writer, shadow.writer_pc, true);
    return true;
  }
  if (!access.is_write) return false;
  if (shadow.reader && shadow.reader != me) {
    report_race(worker, access, shadow.reader, shadow.reader_pc, false);
    return true;
  }
  if (shadow.other_reader && shadow.other_reader != me) {
    report_race(worker, access, shadow.other_reader, shadow.other_reader_pc, false);
    return true;
  }
  return false;
}

void remember(Shadow& shadow, uint64_t me, uint32_t pc, bool is_write) {
  if (is_write) {
    shadow.writer = me;
    shadow.writer_pc = pc;
  } else if (!shadow.reader) {
    shadow.reader = me;
    shadow.reader_pc = pc;
  } else if (shadow.reader != me) {
    shadow.other_reader = me;
    shadow.other_reader_pc = pc;
  }
}

void check_race(Worker& worker, const Access& access) {
  auto& shadows = worker.shadows[access.region];
  if (shadows.empty()) return;  // read-only array: nobody writes, nothing can race
  const Launch& launch = *worker.launch;
  const Region& region = launch.regions[access.region];
  const uint64_t me = worker.at.linear_block * worker.thread_count + worker.at.linear_thread + 1;
  const uint32_t pc = uint32_t(access.pc - launch.module_lo);
  const uint64_t first = (access.address - region.lo) / region.granule;
  const uint64_t last = (access.address - region.lo + access.size - 1) / region.granule;
  bool reported = false;
  for (uint64_t i = first; i <= last; ++i) {
    Shadow& shadow = shadows[i];
    if (!reported) reported = conflicts(worker, access, shadow, me);
    remember(shadow, me, pc, access.is_write);
  }
}

void check(Worker& worker, uint64_t address, uint32_t size, bool is_write, uint64_t pc) {
  const int index = find_region(worker, address);
  if (index < 0) {
    if (is_private(worker, address)) return;
    if (is_of_module(worker, address)) {
      if (!is_write) return;
      refuse(worker, kOutlivesLaunch, address, size, is_write, pc);
    }
    refuse(worker, kOutOfBounds, address, size, is_write, pc);
  }
  const Region& region = worker.launch->regions[index];
  if (size > region.hi - address) refuse(worker, kOutOfBounds, address, size, is_write, pc);
  if (is_write && region.read_only) refuse(worker, kConstWrite, address, size, is_write, pc);
  // A GPU loads 2, 4, 8 or 16 bytes at once only from an address that is a multiple of as many.
  const bool power_of_two = (size & (size - 1)) == 0 && size <= 16;
  if (power_of_two && address % size) refuse(worker, kMisaligned, address, size, is_write, pc);
  check_race(worker, {index, address, size, is_write, pc});
  count_access(worker, index, address, size, is_write, pc);
}

[[noreturn]] void give_up(Worker& worker, uint64_t pc) {
  record(worker, kOutOfMemory, pc);
  __atomic_store_n(&worker.launch->stop, uint32_t(kOutOfMemory), __ATOMIC_RELAXED);
  abandon_thread(worker);
}

}  // namespace

void on_access(uint64_t address, uint32_t size, bool is_write, uint64_t pc) {
  Worker* worker = current_worker;
  if (!worker || !worker->in_kernel || !worker->launch->checked) return;
  if (stop_wanted(*worker->launch)) stop_here(*worker, pc);
  worker->in_runtime = true;
  bool out_of_memory = false;
  try {
    check(*worker, address, size, is_write, pc);
  } catch (const std::bad_alloc&) {  // counting a very long loop; kernels know no exceptions
    out_of_memory = true;
  }
  if (out_of_memory) give_up(*worker, pc);
  worker->in_runtime = false;
}

}  // namespace simt
