// load.cpp: ld, st, and instructions that only advise caches.
#include "../services.h"
#include "exec.h"

namespace simt::ptx {

namespace {

enum Flag : uint32_t { kSigned = 1, kVolatile = 2, kAtomic = 4, kRelease = 8 };

Access access_kind(const Instruction& in, bool is_write) {
  if (in.flags & (kAtomic | kVolatile))
    return is_write ? Access::volatile_write : Access::volatile_read;
  return is_write ? Access::write : Access::read;
}

// Places: registers, address. in.offset[1]: bits of a register.
void load(Machine& m, const Instruction& in) {
  const uint32_t bytes = in.size * in.count;
  const uint64_t address = address_of(m, in, 0, in.count, bytes);
  access_at(address, bytes, access_kind(in, false), m.pc);
  Touching touching;
  const uint64_t mask = ~0ull >> (64 - in.offset[1]);
  for (unsigned i = 0; i < in.count; ++i) {
    uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(address) + i * in.size, in.size);
    const unsigned unused = 64 - 8 * in.size;
    if (in.flags & kSigned) value = uint64_t(int64_t(value << unused) >> unused);
    m.reg[in.r[i]] = value & mask;
  }
  if (in.flags & (kVolatile | kAtomic)) give_way_if_waiting(m.pc);
}

// Places: address, registers.
void store(Machine& m, const Instruction& in) {
  const uint32_t bytes = in.size * in.count;
  const uint64_t address = address_of(m, in, 0, 0, bytes);
  if (in.flags & kRelease) fence_at(m.pc);
  access_at(address, bytes, access_kind(in, true), m.pc);
  Touching touching;
  for (unsigned i = 0; i < in.count; ++i)
    std::memcpy(reinterpret_cast<char*>(address) + i * in.size, &m.reg[in.r[1 + i]], in.size);
}

void do_nothing(Machine&, const Instruction&) {}

void make_policy(Machine& m, const Instruction& in) { m.reg[in.r[0]] = 0; }

void decode_order(Decoder& d, const char* strong) {
  const bool synchronizes = d.has(strong);
  if (d.has("volatile")) d.in.flags |= kVolatile;
  if (d.has("relaxed") || d.has("mmio") || synchronizes) d.in.flags |= kAtomic;
  if (synchronizes) d.in.flags |= kRelease;
  d.ignore({"weak", "cta", "cluster", "gpu", "sys"});
}

// What concerns caches alone; a cache policy is one more operand.
bool decode_hints(Decoder& d) {
  d.ignore({"ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc"});
  d.ignore({"L1::evict_normal", "L1::evict_unchanged", "L1::evict_first", "L1::evict_last",
            "L1::no_allocate", "L2::evict_normal", "L2::evict_first", "L2::evict_last", "L2::64B",
            "L2::128B", "L2::256B"});
  return d.has("L2::cache_hint");
}

Type decode_elements(Decoder& d) {
  const int count = d.number("v");
  const Type type = d.type();
  if (type == Type::pred || type == Type::b128) d.unsupported();
  if (count != -1 && count != 2 && count != 4 && count != 8) d.unsupported();
  d.in.count = uint8_t(count < 0 ? 1 : count);
  d.in.size = uint8_t(bits_of(type) / 8);
  if (d.in.count * d.in.size > 32) d.unsupported();
  if (is_signed(type)) d.in.flags |= kSigned;
  return type;
}

void decode_load_or_store(Decoder& d, bool is_load) {
  decode_order(d, is_load ? "acquire" : "release");
  const AddressSpace space = d.space();
  if (space == AddressSpace::constant && !is_load) d.wrong("constant memory is only read");
  const bool policy = decode_hints(d);
  const Type type = decode_elements(d);
  const bool may_be_wider = !is_float(type), vector = d.in.count > 1;
  d.in.offset[1] = 64;
  if (is_load) {
    d.in.offset[1] = int32_t(d.next_bits());
    if (vector)
      d.outs(d.in.count, type, may_be_wider);
    else
      d.out(type, may_be_wider);
    d.address(space);
  } else {
    d.address(space);
    if (vector)
      d.inputs(d.in.count, type, may_be_wider);
    else
      d.input(type, may_be_wider);
  }
  if (policy) d.input(Type::b64);
  d.finish(is_load ? load : store);
}

void decode_advice(Decoder& d) {
  if (d.has("tensormap")) d.unsupported();
  const AddressSpace space = d.space();
  d.ignore({"L1", "L2", "L2::evict_last", "L2::evict_normal", "L2::128B"});
  d.address(space);
  if (d.more()) d.constant();
  d.finish(do_nothing);
}

void decode_policy(Decoder& d) {
  if (!d.has("fractional")) d.unsupported();
  d.ignore({"L2::evict_first", "L2::evict_last", "L2::evict_normal", "L2::evict_unchanged"});
  d.out(d.type_of({Type::b64}));
  if (d.more()) d.input(Type::f32);
  d.finish(make_policy);
}

}  // namespace

bool decode_load(Decoder& d) {
  const std::string& name = d.word(0);
  if (name == "ld" || name == "ldu")
    decode_load_or_store(d, true);
  else if (name == "st")
    decode_load_or_store(d, false);
  else if (name == "prefetch" || name == "prefetchu" || name == "discard" ||
           name == "applypriority")
    decode_advice(d);
  else if (name == "createpolicy")
    decode_policy(d);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
