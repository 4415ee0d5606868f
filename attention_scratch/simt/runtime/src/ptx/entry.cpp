// entry.cpp: where a kernel hands over an asm statement: its text is decoded once, then run.
#include <cstring>
#include <type_traits>

#include "../../include/simt/runtime.h"
// After SIMT_INLINE.
#include "../../include/simt/ptx.h"
#include "../async_copy.h"
#include "../services.h"
#include "../worker.h"
#include "program.h"

namespace simt {

namespace {

using ptx::Instruction;
using ptx::Machine;
using ptx::Program;

// Several operating-system threads may come here at once: the first to finish wins.
const Program& decode(PtxSite& site, const uint64_t* values) {
  Program* made = ptx::compile(site.text, {site.operands, values});
  void* other = nullptr;
  if (__atomic_compare_exchange_n(&site.program, &other, made, false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE))
    return *made;
  delete made;
  return *static_cast<Program*>(other);
}

bool holds(const Machine& machine, const Instruction& in) {
  return in.guard == ptx::kAlways || bool(machine.reg[in.guard]) != in.guard_negated;
}

void execute(const Program& program, uint64_t* registers, uint64_t pc) {
  const Instruction* const end = program.code.data() + program.code.size();
  Machine machine{registers, program.code.data(), pc, 0};
  while (machine.next != end) {
    const Instruction& in = *machine.next++;
    if (holds(machine, in)) in.run(machine, in);
  }
}

// Behind the operands: locals, then constants.
void execute_in(uint64_t* registers, const Program& program, uint64_t pc) {
  uint64_t* locals = registers + program.operands;
  for (uint32_t i = 0; i < program.locals; ++i) locals[i] = 0;
  uint64_t* constants = locals + program.locals;
  for (size_t i = 0; i < program.constants.size(); ++i) constants[i] = program.constants[i];
  execute(program, registers, pc);
}

template <int N>
PtxRegisters<N> run(PtxSite& site, PtxRegisters<N> values, uint64_t pc) {
  RuntimeSection section;
  current_thread->copies.statement_pc = pc;
  const void* decoded = __atomic_load_n(&site.program, __ATOMIC_ACQUIRE);
  const Program& program = decoded ? *static_cast<const Program*>(decoded)
                                   : decode(site, reinterpret_cast<uint64_t*>(values.r));
  if (!program.error.empty()) fail_at(program.error_kind, pc, "%s", program.error.c_str());
  uint64_t* own = reinterpret_cast<uint64_t*>(values.r);
  if (program.registers() <= N) {
    execute_in(own, program, pc);
  } else {
    const size_t bytes = program.operands * sizeof(uint64_t);
    auto* all = static_cast<uint64_t*>(__builtin_alloca(program.registers() * sizeof(uint64_t)));
    std::memcpy(all, own, bytes);
    execute_in(all, program, pc);
    std::memcpy(own, all, bytes);
  }
  return values;
}

}  // namespace

#define SIMT_PC uint64_t(__builtin_return_address(0))
#define SIMT_PTX_RUN(N)                                            \
  PtxRegisters<N> ptx_run(PtxSite* site, PtxRegisters<N> values) { \
    return run(*site, values, SIMT_PC);                            \
  }
SIMT_PTX_RUN(4)
SIMT_PTX_RUN(8)
SIMT_PTX_RUN(16)
SIMT_PTX_RUN(32)
SIMT_PTX_RUN(256)

}  // namespace simt
