// arrivals.cpp: mbarrier.*, barriers that are objects in shared memory.
#include "../mbarrier.h"
#include "../services.h"
#include "exec.h"

namespace simt::ptx {

namespace {

uint64_t object(const Machine& m, const Instruction& in, unsigned place) {
  return address_of(m, in, 0, place, 8);
}

// Places: object, count.
void initialize(Machine& m, const Instruction& in) {
  mbarrier_init(object(m, in, 0), get<uint32_t>(m, in, 1), m.pc);
}
void invalidate(Machine& m, const Instruction& in) { mbarrier_invalidate(object(m, in, 0), m.pc); }
void expect(Machine& m, const Instruction& in) {
  mbarrier_expect(object(m, in, 0), get<uint32_t>(m, in, 1), m.pc);
}
void complete(Machine& m, const Instruction& in) {
  mbarrier_complete(object(m, in, 0), get<uint32_t>(m, in, 1), m.pc);
}

// Places: state, object, count or bytes. in.flags: it is bytes, and one arrives.
void arrive(Machine& m, const Instruction& in) {
  const uint64_t address = object(m, in, 1);
  uint32_t count = get<uint32_t>(m, in, 2);
  if (in.flags) {
    mbarrier_expect(address, count, m.pc);
    count = 1;
  }
  put(m, in, 0, mbarrier_arrive(address, count, Arrival(in.mode), m.pc));
}

// Places: predicate, object, state or parity. in.mode: patient; in.flags: it is a parity.
void test(Machine& m, const Instruction& in) {
  const uint64_t address = object(m, in, 1);
  const bool over = in.flags ? mbarrier_test_parity(address, get<uint32_t>(m, in, 2), in.mode, m.pc)
                             : mbarrier_test(address, get<uint64_t>(m, in, 2), in.mode, m.pc);
  put(m, in, 0, uint8_t(over));
}

// Places: count, state.
void pending(Machine& m, const Instruction& in) {
  put(m, in, 0, mbarrier_pending(get<uint64_t>(m, in, 1)));
}

void decode_arrive(Decoder& d, AddressSpace space, bool drop) {
  const bool expects = d.has("expect_tx"), incomplete = d.has("noComplete");
  if (drop && incomplete) d.unsupported();
  d.in.mode = uint8_t(drop ? Arrival::drop : incomplete ? Arrival::no_complete : Arrival::plain);
  d.in.flags = expects;
  d.out(Type::b64);
  d.address(space);
  if (expects || incomplete)
    d.input(Type::b32);
  else
    d.optional_input(Type::b32, 1);
  d.finish(arrive);
}

void decode_test(Decoder& d, AddressSpace space, bool patient) {
  d.in.mode = patient;
  d.in.flags = d.has("parity");
  d.out(Type::pred);
  d.address(space);
  d.input(d.in.flags ? Type::b32 : Type::b64);
  if (patient && d.more()) d.input(Type::b32);  // how long to wait
  d.finish(test);
}

void decode_count(Decoder& d, AddressSpace space, Handler run) {
  d.address(space);
  d.input(Type::b32);
  d.finish(run);
}

}  // namespace

bool decode_mbarrier(Decoder& d) {
  if (d.word(0) != "mbarrier") return false;
  d.ignore({"release", "acquire", "relaxed", "cta", "cluster"});
  const AddressSpace space = d.space();
  d.type_of({Type::b64});
  if (d.has("arrive"))
    decode_arrive(d, space, false);
  else if (d.has("arrive_drop"))
    decode_arrive(d, space, true);
  else if (d.has("init"))
    decode_count(d, space, initialize);
  else if (d.has("expect_tx"))
    decode_count(d, space, expect);
  else if (d.has("complete_tx"))
    decode_count(d, space, complete);
  else if (d.has("test_wait"))
    decode_test(d, space, false);
  else if (d.has("try_wait"))
    decode_test(d, space, true);
  else if (d.has("inval")) {
    d.address(space);
    d.finish(invalidate);
  } else if (d.has("pending_count")) {
    d.shape(Type::u32, {Type::b64});
    d.finish(pending);
  } else {
    d.unsupported();
  }
  return true;
}

}  // namespace simt::ptx
