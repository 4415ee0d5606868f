// races.cpp: two accesses to one element, at least one of them a write, that nothing orders.
//
// What is looked for does not depend on the order in which threads happened to run: two accesses
// race unless a synchronization lies between them (clock.cpp). Atomic accesses do not race with
// each other.
#include "worker.h"

namespace simt {

namespace {

constexpr uint32_t kManyBlocks = UINT32_MAX;

// Nearly every access is one of these, which two epochs decide: the writer is this thread or lies
// before the last barrier of the block, and so do the readers whom a write must not overtake.
inline bool nothing_to_say(const Worker& worker, const Thread& thread, Shadow& shadow, bool write,
                           uint32_t pc) {
  const uint32_t block = uint32_t(thread.block->linear + 1), me = thread.linear;
  const uint32_t settled = thread.block->clock.sync_epoch, now = worker.epoch;
  if (shadow.in_flight || (shadow.read_block && shadow.read_block != block)) return false;
  if (shadow.write_block && (shadow.write_block != block || (shadow.write_epoch >= settled &&
                                                             shadow.write_thread != me)))
    return false;
  const bool recent = shadow.read_block && shadow.read_epoch >= settled;
  const bool alone = !shadow.many_readers && shadow.read_thread == me;
  if (recent && !alone && (write || shadow.read_epoch != now)) return false;
  if (write) {
    shadow.write_block = block;
    shadow.write_epoch = now;
    shadow.write_pc = pc;
    shadow.write_thread = uint16_t(me & 0x7ff);
    shadow.write_is_atomic = 0;
    shadow.read_block = 0;
    return true;
  }
  const bool together = recent && !alone;
  shadow.read_block = block;
  shadow.read_epoch = now;
  shadow.read_pc = pc;
  shadow.read_warps = (together ? shadow.read_warps : 0) | 1u << thread.warp;
  shadow.many_readers = together;
  shadow.plain_reader = 1;
  if (!together) shadow.read_thread = uint16_t(me & 0x7ff);
  return true;
}

struct Current {
  Worker& worker;
  Thread& thread;
  Block& block;
  const Place& place;
  uint64_t address;
  uint32_t size;
  Access how;
  uint64_t pc;
};

void report(const Current& now, uint32_t block, uint32_t thread, uint32_t pc, bool other_writes) {
  const Launch& launch = *now.worker.launch;
  Finding* finding =
      record(now.worker, kRace, now.pc, launch.module_lo + pc, now.place.region);
  if (!finding) return;
  finding->size = now.size;
  finding->is_write = writes(now.how);
  finding->other_is_write = other_writes;
  finding->address = now.address;
  finding->space = now.place.space;
  finding->offset = int64_t(now.place.offset);
  if (block != kManyBlocks)
    name_thread(now.worker, thread, block - 1, finding->other_thread, finding->other_block);
}

bool ordered(const Current& now, uint32_t block, uint32_t thread, uint32_t epoch) {
  if (block - 1 == now.block.linear && thread == now.thread.linear) return true;
  return happened_before(now.block, now.thread, block - 1, thread, epoch);
}

// A plain read of a place that others change atomically is an error unless the reader goes on to
// change it atomically itself, as in the loop around atomicCAS: so judge at its next access.
void suspect(const Current& now, const Shadow& shadow) {
  report_suspicion(now.thread);
  now.thread.suspicion = {true,       now.place.space, now.place.region,    now.place.offset,
                          now.address, now.size,        now.pc,              shadow.write_block,
                          shadow.write_thread, shadow.write_pc};
}

bool write_conflicts(const Current& now, const Shadow& shadow) {
  if (!shadow.write_block || (is_atomic(now.how) && shadow.write_is_atomic)) return false;
  if (ordered(now, shadow.write_block, shadow.write_thread, shadow.write_epoch)) return false;
  if (now.how == Access::read && shadow.write_is_atomic)
    suspect(now, shadow);
  else
    report(now, shadow.write_block, shadow.write_thread, shadow.write_pc, true);
  return true;
}

// Several readers are summed up: their warps, and the epoch of the last one.
bool read_conflicts(const Current& now, const Shadow& shadow) {
  if (!shadow.read_block || (is_atomic(now.how) && !shadow.plain_reader)) return false;
  bool safe;
  if (shadow.read_block == kManyBlocks) {
    safe = shadow.read_epoch < now.worker.grid_epoch;
  } else if (!shadow.many_readers) {
    safe = ordered(now, shadow.read_block, shadow.read_thread, shadow.read_epoch);
  } else {
    safe = true;
    for (uint32_t warps = shadow.read_warps; warps && safe; warps &= warps - 1) {
      const uint32_t first = uint32_t(__builtin_ctz(warps)) * kWarpSize;
      // Within its own warp a thread may know of one lane and not of another: ask for each.
      const uint32_t lanes = first == now.thread.warp * kWarpSize ? kWarpSize : 1;
      for (uint32_t i = 0; i < lanes && safe; ++i)
        safe = first + i >= now.block.threads ||
               ordered(now, shadow.read_block, first + i, shadow.read_epoch);
    }
  }
  if (safe) return false;
  report(now, shadow.read_block, shadow.read_thread, shadow.read_pc, false);
  return true;
}

void remember_write(const Current& now, Shadow& shadow, uint32_t pc) {
  shadow.write_block = uint32_t(now.block.linear + 1);
  shadow.write_thread = uint16_t(now.thread.linear & 0x7ff);
  shadow.write_epoch = now.worker.epoch;
  shadow.write_pc = pc;
  shadow.write_is_atomic = is_atomic(now.how);
  shadow.in_flight = now.how == Access::issued_write;
  shadow.read_block = 0;
}

void remember_read(const Current& now, Shadow& shadow, uint32_t pc) {
  const uint32_t block = uint32_t(now.block.linear + 1);
  const uint32_t me = now.thread.linear, warp = 1u << now.thread.warp;
  if (shadow.read_block && shadow.read_block != kManyBlocks && !shadow.many_readers &&
      ordered(now, shadow.read_block, shadow.read_thread, shadow.read_epoch)) {
    shadow.read_block = 0;  // what comes after this reader comes after the earlier one too
  } else if (shadow.read_block && shadow.read_block != block) {
    shadow.read_block = shadow.read_epoch >= now.worker.grid_epoch ? kManyBlocks : 0;
  } else if (shadow.read_block && shadow.read_epoch < now.block.clock.sync_epoch) {
    shadow.read_block = 0;
  }
  if (!shadow.read_block) {
    shadow.read_block = block;
    shadow.read_thread = uint16_t(me & 0x7ff);
    shadow.read_warps = 0;
    shadow.many_readers = shadow.plain_reader = 0;
  } else if (shadow.read_thread != me) {
    shadow.many_readers = 1;
  }
  if (!is_atomic(now.how)) shadow.plain_reader = 1;
  shadow.read_warps |= warp;
  shadow.read_epoch = now.worker.epoch;
  shadow.read_pc = pc;
}

// Until it lands, a copy in flight may write at any moment: no barrier helps, only the wait for it.
bool flight_conflicts(const Current& now, Shadow& shadow, bool lands) {
  if (!shadow.in_flight) return false;
  shadow.in_flight = 0;
  if (lands) return false;
  report(now, shadow.write_block, shadow.write_thread, shadow.write_pc, true);
  return true;
}

// What an earlier block left in the memory of this core.
void forget_others(Shadow& shadow, uint32_t block) {
  if (shadow.write_block != block) shadow.write_block = shadow.in_flight = 0;
  if (shadow.read_block != block) shadow.read_block = 0;
}

bool look_at(const Current& now, Shadow& shadow, bool silent) {
  const uint32_t pc = uint32_t(now.pc - now.worker.launch->module_lo);
  if ((now.how == Access::read || now.how == Access::write) &&
      nothing_to_say(now.worker, now.thread, shadow, now.how == Access::write, pc))
    return false;
  const bool lands =
      shadow.in_flight && pc == shadow.write_pc && now.how != Access::issued_write;
  bool found = flight_conflicts(now, shadow, lands) && !silent;
  if (!silent && !found && !lands) {
    found = write_conflicts(now, shadow);
    if (!found && writes(now.how)) found = read_conflicts(now, shadow);
  }
  if (writes(now.how))
    remember_write(now, shadow, pc);
  else
    remember_read(now, shadow, pc);
  return found;
}

void check_initialized(const Current& now, const Shadow& shadow, uint64_t offset) {
  if (shadow.write_block == now.block.linear + 1) return;
  if (writes(now.how) && now.how != Access::atomic) return;
  if (now.block.quiet) return;  // threads that were ended did not write their part
  Finding* finding = record(now.worker, kUninitialized, now.pc, 0, now.place.region);
  if (!finding) return;
  finding->size = now.size;
  finding->address = now.address;
  finding->space = kShared;
  finding->offset = int64_t(offset);
}

}  // namespace

void settle_suspicion(Thread& thread, uint64_t address, Access how) {
  if (!thread.suspicion.open) return;
  if (is_atomic(how) && thread.suspicion.address == address)
    thread.suspicion.open = false;
  else
    report_suspicion(thread);
}

void report_suspicion(Thread& thread) {
  Suspicion& s = thread.suspicion;
  if (!s.open) return;
  s.open = false;
  const Place place{Space(s.space), s.region, s.offset};
  const Current then{*thread.block->worker, thread, *thread.block, place,
                     s.address,             s.size, Access::read,  s.pc};
  report(then, s.write_block, s.write_thread, s.write_pc, true);
}

bool plainly_right(Worker& worker, Thread& thread, int variable, uint64_t offset, bool write,
                   uint64_t pc) {
  Block& block = *thread.block;
  const uint64_t first = offset - worker.launch->variables[variable].lo;
  Shadow* shadow = block.shared_shadows[uint32_t(variable)].whole(first);
  if (!shadow) return false;
  if (!write && shadow->write_block != block.linear + 1) return false;  // uninitialized
  forget_others(*shadow, uint32_t(block.linear + 1));
  return nothing_to_say(worker, thread, *shadow, write, uint32_t(pc - worker.launch->module_lo));
}

void check_race(Worker& worker, Thread& thread, const Place& place, uint64_t address,
                uint32_t size, Access how, uint64_t pc) {
  const Current now{worker, thread, *thread.block, place, address, size, how, pc};
  bool found = false;
  if (place.space == kShared) {
    const uint64_t first = place.offset - worker.launch->variables[place.region].lo;
    const uint32_t mine = uint32_t(now.block.linear + 1);
    bool at_first = true;
    now.block.shared_shadows[uint32_t(place.region)].each(first, size, [&](Shadow& shadow) {
      if (at_first) check_initialized(now, shadow, place.offset);
      at_first = false;
      forget_others(shadow, mine);
      found = look_at(now, shadow, found) || found;
    });
    return;
  }
  auto& shadows = worker.shadows[uint32_t(place.region)];
  if (shadows.empty()) return;  // read-only: nobody writes, nothing can race
  const uint32_t granule = worker.launch->regions[place.region].granule;
  for (uint64_t i = place.offset / granule; i <= (place.offset + size - 1) / granule; ++i)
    found = look_at(now, shadows[i], found) || found;
}

}  // namespace simt
