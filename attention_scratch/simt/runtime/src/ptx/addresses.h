// addresses.h: addresses as PTX sees them, and access to what they name.
#pragma once
#include <cstdint>

#include "../worker.h"
#include "program.h"

namespace simt::ptx {

// While it lives, a fault of the processor is the kernel's: the runtime touches its memory.
struct Touching {
  Worker& worker = *current_worker;
  Touching() { worker.in_kernel = true; }
  ~Touching() { worker.in_kernel = false; }
};

enum class AddressSpace : uint8_t { generic, global, shared, local, constant };

[[noreturn]] void fail_outside_shared(uint64_t offset, uint32_t bytes, uint64_t pc);
void check_shared_range(uint64_t address, uint32_t bytes, uint64_t pc);

// The nth address of an instruction, whose register stands at `place`.
uint64_t address_of(const Machine& m, const Instruction& in, unsigned n, unsigned place,
                    uint32_t bytes);

// The address of `bytes` bytes in a state space, aligned to as many, or a finding.
uint64_t checked_address(uint64_t value, AddressSpace space, uint32_t bytes, uint64_t pc);

}  // namespace simt::ptx
