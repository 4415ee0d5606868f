#include "addresses.h"

#include "../services.h"

namespace simt::ptx {

void fail_outside_shared(uint64_t offset, uint32_t bytes, uint64_t pc) {
  access_at(shared_base() + offset, bytes, Access::read,
            pc);  // a finding with an array, if checked
  const bool generic = offset >> 20 != 0;
  fail_at(kMisuse, pc, "%u bytes at 0x%llx are outside the block's %llu bytes of shared memory%s",
          bytes, (unsigned long long)offset, (unsigned long long)shared_bytes(),
          generic ? "; is the address __cvta_generic_to_shared?" : "");
}

void check_shared_range(uint64_t address, uint32_t bytes, uint64_t pc) {
  const uint64_t offset = address - shared_base(), size = shared_bytes();
  if (offset >= size || bytes > size - offset) fail_outside_shared(offset, bytes, pc);
}

namespace {

const char* name_of(AddressSpace space) {
  switch (space) {
    case AddressSpace::global:
      return "global";
    case AddressSpace::shared:
      return "shared";
    case AddressSpace::local:
      return "local";
    default:
      return "constant";
  }
}

// Where an address lies, as far as that can be told: an unknown one is taken as it is meant.
AddressSpace space_of(uint64_t address, AddressSpace meant) {
  if (address - shared_base() < shared_bytes()) return AddressSpace::shared;
  const Thread& thread = *current_thread;
  if (thread.block->stacks.holds(thread.stack, address)) return AddressSpace::local;
  const Launch& launch = *current_worker->launch;
  for (uint32_t i = 0; i < launch.region_count; ++i)
    if (address - launch.regions[i].lo < launch.regions[i].hi - launch.regions[i].lo)
      return launch.regions[i].space == kConstant ? AddressSpace::constant : AddressSpace::global;
  return meant;
}

}  // namespace

uint64_t checked_address(uint64_t value, AddressSpace space, uint32_t bytes, uint64_t pc) {
  uint64_t address = value;
  if (space == AddressSpace::shared) {
    address = shared_base() + uint32_t(value);
    check_shared_range(address, bytes, pc);
  } else if (space != AddressSpace::generic) {
    const AddressSpace found = space_of(address, space);
    const bool constant_as_global =  // constants lie in global memory too
        space == AddressSpace::global && found == AddressSpace::constant;
    if (found != space && !constant_as_global)
      fail_at(kMisuse, pc, "an address in %s memory where the instruction says .%s", name_of(found),
              space == AddressSpace::constant ? "const" : name_of(space));
  }
  if (!current_worker->launch->checked && address % bytes)
    refuse(*current_worker, kMisaligned, address, bytes, false, pc);
  return address;
}

uint64_t address_of(const Machine& m, const Instruction& in, unsigned n, unsigned place,
                    uint32_t bytes) {
  const uint64_t value = m.reg[in.r[place]] + uint64_t(int64_t(in.offset[n]));
  return checked_address(value, AddressSpace(in.space[n]), bytes, m.pc);
}

}  // namespace simt::ptx
