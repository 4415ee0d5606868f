// control.cpp: branches, barriers, fences, and what needs no emulation.
#include "../services.h"
#include "exec.h"
#include "lanes.h"

namespace simt::ptx {

namespace {

constexpr uint32_t kTurns = 1024;  // of a loop after which the other threads get their turn

// The target is so many instructions away from the next one.
void branch(Machine& m, const Instruction& in) {
  m.next += in.offset[0];
  if (in.offset[0] < 0 && ++m.turns % kTurns == 0) spin_at(m.pc);
}

// Places: barrier, threads (0 for all of the block).
uint32_t checked_threads(const Machine& m, const Instruction& in) {
  const uint32_t threads = get<uint32_t>(m, in, 1);
  if (threads % 32) fail_at(kMisuse, m.pc, "%s: %u threads are no whole warps", in.name, threads);
  return threads;
}
void sync_block(Machine& m, const Instruction& in) {
  sync_block_at(get<uint32_t>(m, in, 0), checked_threads(m, in), m.pc);
}
void arrive_block(Machine& m, const Instruction& in) {
  arrive_block_at(get<uint32_t>(m, in, 0), checked_threads(m, in), m.pc);
}
void sync_warp(Machine& m, const Instruction& in) {
  meet_warp_at(get<uint32_t>(m, in, 0), in.name, nullptr, nullptr, m.pc);
}

void fence(Machine& m, const Instruction&) { fence_at(m.pc); }
void rest(Machine& m, const Instruction&) { spin_at(m.pc); }
void trap(Machine& m, const Instruction&) { fail_at(kAssertion, m.pc, "trap"); }
void do_nothing(Machine&, const Instruction&) {}

void decode_barrier(Decoder& d) {
  if (d.has("warp")) {
    if (!d.has("sync")) d.unsupported();
    d.input(Type::b32);
    return d.finish(sync_warp);
  }
  if (d.has("cluster")) d.unsupported();
  d.ignore({"cta", "aligned"});
  const bool sync = d.has("sync");
  if (!sync && !d.has("arrive")) d.unsupported();
  d.input(Type::u32);
  if (!sync && !d.more()) d.wrong("the number of threads is missing");
  d.optional_input(Type::u32, 0);
  d.finish(sync ? sync_block : arrive_block);
}

void decode_fence(Decoder& d) {
  d.ignore({"gl", "cta", "cluster", "gpu", "sys", "sc", "acq_rel", "acquire", "release",
            "mbarrier_init", "proxy", "alias", "async", "async::generic", "global", "shared::cta",
            "shared::cluster", "sync_restrict::shared::cta", "sync_restrict::shared::cluster"});
  d.finish(fence);
}

void decode_branch(Decoder& d) {
  d.ignore({"uni"});
  const Operand& target = d.take();
  if (target.kind != Operand::label) d.wrong("expected a label");
  d.in.offset[0] = int32_t(d.label(target.name));  // made relative by compile()
  d.finish(branch);
}

// Launches of the emulator follow one another, so that there is nothing to wait for.
void decode_dependency(Decoder& d) {
  if (!d.has("wait") && !d.has("launch_dependents")) d.unsupported();
  d.finish(do_nothing);
}

void decode_registers(Decoder& d) {
  if (!d.has("inc") && !d.has("dec")) d.unsupported();
  d.ignore({"sync", "aligned", "u32"});
  const int64_t count = d.constant();
  if (count < 24 || count > 256 || count % 8) d.wrong("24 to 256 registers, in steps of 8");
  d.finish(do_nothing);
}

}  // namespace

bool is_branch(const Instruction& in) { return in.run == branch; }

bool decode_control(Decoder& d) {
  const std::string& name = d.word(0);
  if (name == "bra")
    decode_branch(d);
  else if (name == "bar" || name == "barrier")
    decode_barrier(d);
  else if (name == "membar" || name == "fence")
    decode_fence(d);
  else if (name == "nanosleep") {
    d.ignore({"u32"});
    d.input(Type::u32);
    d.finish(rest);
  } else if (name == "trap")
    d.finish(trap);
  else if (name == "griddepcontrol")
    decode_dependency(d);
  else if (name == "setmaxnreg")
    decode_registers(d);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
