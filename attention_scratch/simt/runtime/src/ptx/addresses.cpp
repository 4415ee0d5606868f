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

uint64_t checked_address(uint64_t value, AddressSpace space, uint32_t bytes, uint64_t pc) {
  uint64_t address = value;
  if (space == AddressSpace::shared) {
    address = shared_base() + uint32_t(value);
    check_shared_range(address, bytes, pc);
  } else if (space == AddressSpace::global && address - shared_base() < shared_bytes()) {
    fail_at(kMisuse, pc, "an address in shared memory where the instruction says .global");
  }
  if (!current_worker->launch->checked && address % bytes)
    fail_at(kMisaligned, pc, "%u bytes at an address that is no multiple of %u", bytes, bytes);
  return address;
}

uint64_t address_of(const Machine& m, const Instruction& in, unsigned n, unsigned place,
                    uint32_t bytes) {
  const uint64_t value = m.reg[in.r[place]] + uint64_t(int64_t(in.offset[n]));
  return checked_address(value, AddressSpace(in.space[n]), bytes, m.pc);
}

}  // namespace simt::ptx
