// races.cpp: two accesses to one element, at least one of them a write, that nothing orders.
//
// What is looked for does not depend on the order in which threads happened to run: two accesses
// race unless a synchronization lies between them (clock.cpp). Atomic accesses do not race with
// each other.
#include "worker.h"

namespace simt {

namespace {

constexpr uint32_t kManyBlocks = UINT32_MAX;

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

bool write_conflicts(const Current& now, const Shadow& shadow) {
  if (!shadow.write_block || (is_atomic(now.how) && shadow.write_is_atomic)) return false;
  if (ordered(now, shadow.write_block, shadow.write_thread, shadow.write_epoch)) return false;
  report(now, shadow.write_block, shadow.write_thread, shadow.write_pc, true);
  return true;
}

// Several readers are summed up: their warps, and the epoch of the last one.
bool read_conflicts(const Current& now, const Shadow& shadow) {
  if (!shadow.read_block) return false;
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
  shadow.write_thread = uint16_t(now.thread.linear);
  shadow.write_epoch = now.worker.epoch;
  shadow.write_pc = pc;
  shadow.write_is_atomic = is_atomic(now.how);
  shadow.read_block = 0;
}

void remember_read(const Current& now, Shadow& shadow, uint32_t pc) {
  const uint32_t block = uint32_t(now.block.linear + 1);
  const uint32_t me = now.thread.linear, warp = 1u << now.thread.warp;
  if (shadow.read_block && shadow.read_block != block) {
    if (shadow.read_epoch >= now.worker.grid_epoch)
      shadow.read_block = kManyBlocks;
    else
      shadow.read_block = 0;
  } else if (shadow.read_block && shadow.read_epoch < now.block.clock.sync_epoch) {
    shadow.read_block = 0;  // earlier readers are ordered before everything to come
  }
  if (!shadow.read_block) {
    shadow.read_block = block;
    shadow.read_thread = uint16_t(me);
    shadow.read_warps = 0;
    shadow.many_readers = 0;
  } else if (shadow.read_thread != me) {
    shadow.many_readers = 1;
  }
  shadow.read_warps |= warp;
  shadow.read_epoch = now.worker.epoch;
  shadow.read_pc = pc;
}

bool look_at(const Current& now, Shadow& shadow, bool silent) {
  const uint32_t pc = uint32_t(now.pc - now.worker.launch->module_lo);
  bool found = false;
  if (!silent) {
    found = write_conflicts(now, shadow);
    if (!found && now.how == Access::write) found = read_conflicts(now, shadow);
  }
  if (writes(now.how))
    remember_write(now, shadow, pc);
  else
    remember_read(now, shadow, pc);
  return found;
}

bool initialized(const Current& now, const Shadow& shadow) {
  return shadow.write_block == now.block.linear + 1;
}

void check_initialized(const Current& now, const Shadow& shadow, uint64_t offset) {
  if (now.how == Access::write || now.how == Access::volatile_write ||
      initialized(now, shadow)) return;
  Finding* finding = record(now.worker, kUninitialized, now.pc, 0, now.place.region);
  if (!finding) return;
  finding->size = now.size;
  finding->address = now.address;
  finding->space = kShared;
  finding->offset = int64_t(offset);
}

}  // namespace

void check_race(Worker& worker, Thread& thread, const Place& place, uint64_t address,
                uint32_t size, Access how, uint64_t pc) {
  const Current now{worker, thread, *thread.block, place, address, size, how, pc};
  bool found = false;
  if (place.space == kShared) {
    auto& shadows = now.block.shared_shadow;
    check_initialized(now, shadows[place.offset], place.offset);
    const uint32_t mine = uint32_t(now.block.linear + 1);
    for (uint64_t i = place.offset; i < place.offset + size; ++i) {
      Shadow& shadow = shadows[i];
      if (shadow.write_block != mine) shadow.write_block = 0;  // what an earlier block left
      if (shadow.read_block != mine) shadow.read_block = 0;
      found = look_at(now, shadow, found) || found;
    }
    return;
  }
  auto& shadows = worker.shadows[uint32_t(place.region)];
  if (shadows.empty()) return;  // read-only: nobody writes, nothing can race
  const uint32_t granule = worker.launch->regions[place.region].granule;
  for (uint64_t i = place.offset / granule; i <= (place.offset + size - 1) / granule; ++i)
    found = look_at(now, shadows[i], found) || found;
}

}  // namespace simt
