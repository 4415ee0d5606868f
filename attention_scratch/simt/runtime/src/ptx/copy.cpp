// copy.cpp: cp.async and cp.async.bulk.
#include "../async_copy.h"
#include "../mbarrier.h"
#include "../services.h"
#include "exec.h"

namespace simt::ptx {

namespace {

enum Bulk : uint8_t { kToShared, kToGlobal };

uint64_t source_address(const Machine& m, const Instruction& in) {
  return m.reg[in.r[1]] + uint64_t(int64_t(in.offset[1]));
}
uint64_t shared_address(const Machine& m, const Instruction& in, unsigned n, unsigned place) {
  const uint64_t value = m.reg[in.r[place]] + uint64_t(int64_t(in.offset[n]));
  return AddressSpace(in.space[n]) == AddressSpace::shared ? shared_base() + uint32_t(value)
                                                           : value;
}

// Places: to, from, bytes of the source. in.size: bytes; in.mode: 1 or 2, the third is a predicate
// that says to ignore the source, or its negation.
void copy(Machine& m, const Instruction& in) {
  const uint64_t to = shared_address(m, in, 0, 0);
  uint32_t source_bytes = get<uint32_t>(m, in, 2);
  if (in.mode) source_bytes = bool(source_bytes & 1) == (in.mode == 1) ? 0 : in.size;
  if (source_bytes > in.size)
    fail_at(kMisuse, m.pc, "cp.async: %u bytes of source for %u bytes", source_bytes, in.size);
  start_copy(async_copies_now().copies, {to, source_address(m, in), in.size, source_bytes, m.pc},
             to);
}

void commit(Machine&, const Instruction&) { async_copies_now().copies.commit(); }
void wait_group(Machine&, const Instruction& in) { wait_for_copies(uint32_t(in.offset[0])); }
void wait_all(Machine&, const Instruction&) { wait_for_all_copies(); }

// in.mode: the arrival is counted already (.noinc).
void arrive(Machine& m, const Instruction& in) {
  mbarrier_arrive_after_copies(shared_address(m, in, 0, 0), in.mode, m.pc);
}

// Places: to, from, bytes, and the barrier on the way into shared memory.
void bulk_copy(Machine& m, const Instruction& in) {
  const uint32_t bytes = get<uint32_t>(m, in, 2);
  if (!bytes || bytes % 16)
    fail_at(kMisuse, m.pc, "cp.async.bulk: %u bytes are no multiple of 16", bytes);
  if (in.mode == kToShared) {
    const uint64_t to = shared_address(m, in, 0, 0);
    const AsyncCopy started = {to, source_address(m, in), bytes, bytes, m.pc};
    check_copy(started, to);
    return mbarrier_copy(shared_address(m, in, 2, 3), started, m.pc);
  }
  const uint64_t from = shared_address(m, in, 1, 1);
  const uint64_t to = m.reg[in.r[0]] + uint64_t(int64_t(in.offset[0]));
  start_copy(async_copies_now().stores, {to, from, bytes, bytes, m.pc}, from);
}

void commit_bulk(Machine&, const Instruction&) { async_copies_now().stores.commit(); }
void wait_bulk(Machine&, const Instruction& in) {
  async_copies_now().stores.wait(uint32_t(in.offset[0]));
}
void do_nothing(Machine&, const Instruction&) {}

void decode_wait(Decoder& d, Handler run) {
  const int64_t kept = d.constant();
  if (kept < 0 || kept > INT32_MAX) d.wrong("how many groups may stay in flight");
  d.in.offset[0] = int32_t(kept);
  d.finish(run);
}

void decode_bulk(Decoder& d) {
  if (d.has("tensor")) d.unsupported();
  if (d.has("commit_group")) return d.finish(commit_bulk);
  if (d.has("wait_group")) {
    d.ignore({"read"});
    return decode_wait(d, wait_bulk);
  }
  if (d.has("prefetch")) {
    d.ignore({"L2", "global"});
    d.address(AddressSpace::global);
    d.input(Type::u32);
    return d.finish(do_nothing);
  }
  const bool to_shared = d.has("mbarrier::complete_tx::bytes");
  if (!to_shared && !d.has("bulk_group")) d.unsupported();
  if (!d.has("global") || (!d.has("shared::cta") && !(to_shared && d.has("shared::cluster"))))
    d.unsupported();
  const bool policy = d.has("L2::cache_hint");
  d.in.mode = to_shared ? kToShared : kToGlobal;
  d.address(to_shared ? AddressSpace::shared : AddressSpace::global);
  d.address(to_shared ? AddressSpace::global : AddressSpace::shared);
  d.input(Type::u32);
  if (to_shared) d.address(AddressSpace::shared);
  if (policy) d.input(Type::b64);
  d.finish(bulk_copy);
}

void decode_source_size(Decoder& d, bool policy) {
  if (d.remaining() == (policy ? 1u : 0u)) return d.constant_input(d.in.size);
  if (!d.next_is_predicate()) return d.input(Type::b32);
  d.in.mode = d.predicate() ? 2 : 1;
}

void decode_plain(Decoder& d) {
  const bool all_levels = d.has("ca");
  if (!all_levels && !d.has("cg")) d.unsupported();
  if (!d.has("global") || d.space() != AddressSpace::shared) d.unsupported();
  d.ignore({"L2::64B", "L2::128B", "L2::256B"});
  const bool policy = d.has("L2::cache_hint");
  d.address(AddressSpace::shared);
  d.address(AddressSpace::global);
  const int64_t bytes = d.constant();
  if (bytes != 16 && !(all_levels && (bytes == 4 || bytes == 8)))
    d.wrong(all_levels ? ".ca copies 4, 8 or 16 bytes" : ".cg copies 16 bytes");
  d.in.size = uint8_t(bytes);
  decode_source_size(d, policy);
  if (policy) d.input(Type::b64);
  d.finish(copy);
}

void decode_arrive(Decoder& d) {
  if (!d.has("arrive")) d.unsupported();
  d.in.mode = d.has("noinc");
  const AddressSpace space = d.space();
  d.type_of({Type::b64});
  d.address(space);
  d.finish(arrive);
}

}  // namespace

bool decode_copy(Decoder& d) {
  if (d.word(0) != "cp") return false;
  if (!d.has("async")) d.unsupported();
  if (d.has("bulk"))
    decode_bulk(d);
  else if (d.has("commit_group"))
    d.finish(commit);
  else if (d.has("wait_group"))
    decode_wait(d, wait_group);
  else if (d.has("wait_all"))
    d.finish(wait_all);
  else if (d.has("mbarrier"))
    decode_arrive(d);
  else
    decode_plain(d);
  return true;
}

}  // namespace simt::ptx
