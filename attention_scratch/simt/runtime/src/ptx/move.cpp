// move.cpp: mov, special registers, and addresses from one state space to another.
#include "../../include/simt/runtime.h"
#include "../services.h"
#include "exec.h"

namespace simt::ptx {

namespace {

using Reader = uint64_t (*)();
struct Special {
  const char* name;
  unsigned bits;
  Reader read;
};

uint64_t mask_of_lanes(bool below, bool own) {
  const uint32_t bit = 1u << lane_id();
  return uint32_t((below ? bit - 1 : ~(bit - 1) & ~bit) | (own ? bit : 0));
}

#define SIMT_INDEX(name, function)                                \
  {name ".x", 32, [] { return uint64_t(function##_x()); }},       \
      {name ".y", 32, [] { return uint64_t(function##_y()); }}, { \
    name ".z", 32, [] { return uint64_t(function##_z()); }        \
  }
#define SIMT_NUMBER(name, bits, value) {name, bits, [] { return uint64_t(value); }}

// One multiprocessor, one grid, clusters of one block.
const Special kSpecials[] = {SIMT_INDEX("%tid", thread_idx),
                             SIMT_INDEX("%ntid", block_dim),
                             SIMT_INDEX("%ctaid", block_idx),
                             SIMT_INDEX("%nctaid", grid_dim),
                             SIMT_INDEX("%clusterid", block_idx),
                             SIMT_INDEX("%nclusterid", grid_dim),
                             SIMT_NUMBER("%laneid", 32, lane_id()),
                             SIMT_NUMBER("%warpid", 32, warp_id_now()),
                             SIMT_NUMBER("%nwarpid", 32, (block_threads() + 31) / 32),
                             SIMT_NUMBER("%smid", 32, 0),
                             SIMT_NUMBER("%nsmid", 32, 1),
                             SIMT_NUMBER("%gridid", 64, 0),
                             SIMT_NUMBER("%cluster_ctarank", 32, 0),
                             SIMT_NUMBER("%cluster_nctarank", 32, 1),
                             SIMT_NUMBER("%cluster_ctaid.x", 32, 0),
                             SIMT_NUMBER("%cluster_nctaid.x", 32, 1),
                             SIMT_NUMBER("%lanemask_eq", 32, 1u << lane_id()),
                             SIMT_NUMBER("%lanemask_lt", 32, mask_of_lanes(true, false)),
                             SIMT_NUMBER("%lanemask_le", 32, mask_of_lanes(true, true)),
                             SIMT_NUMBER("%lanemask_gt", 32, mask_of_lanes(false, false)),
                             SIMT_NUMBER("%lanemask_ge", 32, mask_of_lanes(false, true)),
                             SIMT_NUMBER("%clock", 32, uint32_t(ticks())),
                             SIMT_NUMBER("%clock_hi", 32, uint64_t(ticks()) >> 32),
                             SIMT_NUMBER("%clock64", 64, ticks()),
                             SIMT_NUMBER("%globaltimer", 64, ticks()),
                             SIMT_NUMBER("%globaltimer_lo", 32, uint32_t(ticks())),
                             SIMT_NUMBER("%globaltimer_hi", 32, uint64_t(ticks()) >> 32),
                             SIMT_NUMBER("%dynamic_smem_size", 32, dynamic_shared_bytes()),
                             SIMT_NUMBER("%total_smem_size", 32, shared_bytes()),
                             SIMT_NUMBER("WARP_SZ", 32, 32)};
#undef SIMT_INDEX
#undef SIMT_NUMBER

void read_special(Machine& m, const Instruction& in) { m.reg[in.r[0]] = kSpecials[in.mode].read(); }

void move(Machine& m, const Instruction& in) { m.reg[in.r[0]] = m.reg[in.r[1]]; }

// Elements of in.size bits, the first one in the lowest.
void pack(Machine& m, const Instruction& in) {
  uint64_t whole = 0;
  for (unsigned i = 0; i < in.count; ++i) whole |= m.reg[in.r[1 + i]] << in.size * i;
  m.reg[in.r[0]] = whole;
}
void unpack(Machine& m, const Instruction& in) {
  const uint64_t whole = m.reg[in.r[in.count]], mask = (1ull << in.size) - 1;
  for (unsigned i = 0; i < in.count; ++i) m.reg[in.r[i]] = whole >> in.size * i & mask;
}

void to_shared(Machine& m, const Instruction& in) {
  const uint64_t address = m.reg[in.r[1]];
  if (address - shared_base() > shared_bytes())  // one past the end is a pointer too
    fail_at(kMisuse, m.pc, "cvta.to.shared of an address that is not in shared memory");
  m.reg[in.r[0]] = address - shared_base();
}
void from_shared(Machine& m, const Instruction& in) {
  m.reg[in.r[0]] = m.reg[in.r[1]] + shared_base();
}
// in.mode: asks for shared memory; else for what is not shared.
void is_in_space(Machine& m, const Instruction& in) {
  const bool shared = m.reg[in.r[1]] - shared_base() < shared_bytes();
  put(m, in, 0, uint8_t(shared == bool(in.mode)));
}

Type element_type(Decoder& d, Type type, unsigned count) {
  const unsigned width = bits_of(type) / count;
  if (width * count != bits_of(type)) d.unsupported();
  switch (width) {
    case 8:
      return Type::b8;
    case 16:
      return Type::b16;
    case 32:
      return Type::b32;
    default:
      d.unsupported();
  }
}

void decode_vector(Decoder& d, Type type, bool to_vector) {
  if (!is_bits(type) || type == Type::b128) d.unsupported();
  if (!to_vector) d.out(type);
  const unsigned count = d.next_count();
  const Type element = element_type(d, type, count);
  d.in.count = uint8_t(count);
  d.in.size = uint8_t(bits_of(element));
  if (to_vector) {
    d.outs(count, element);
    d.input(type);
  } else {
    d.inputs(count, element);
  }
  d.finish(to_vector ? unpack : pack);
}

void decode_special(Decoder& d, Type type) {
  const Operand& source = d.take();
  for (size_t i = 0; i < sizeof kSpecials / sizeof *kSpecials; ++i) {
    if (source.name != kSpecials[i].name) continue;
    if (bits_of(type) != kSpecials[i].bits)
      d.wrong(source.name + " has " + std::to_string(kSpecials[i].bits) + " bits");
    d.in.mode = uint8_t(i);
    return d.finish(read_special);
  }
  throw Error{kUnsupported, "the special register " + source.name};
}

void decode_mov(Decoder& d) {
  const Type type = d.type();
  if (type == Type::b128) d.unsupported();
  if (d.next_is(Operand::vector)) return decode_vector(d, type, true);
  if (d.second_is(Operand::vector)) return decode_vector(d, type, false);
  d.out(type);
  if (d.next_is(Operand::special)) return decode_special(d, type);
  d.input(type);
  d.finish(move);
}

void decode_cvta(Decoder& d) {
  const bool to = d.has("to");
  const AddressSpace space = d.space();
  const Type type = d.type_of({Type::u64});
  if (space == AddressSpace::generic) d.unsupported();
  d.shape(type, {type});
  if (space != AddressSpace::shared) return d.finish(move);
  d.finish(to ? to_shared : from_shared);
}

void decode_isspacep(Decoder& d) {
  const AddressSpace space = d.space();
  if (space != AddressSpace::shared && space != AddressSpace::global) d.unsupported();
  d.in.mode = space == AddressSpace::shared;
  d.shape(Type::pred, {Type::u64});
  d.finish(is_in_space);
}

}  // namespace

bool decode_move(Decoder& d) {
  const std::string& name = d.word(0);
  if (name == "mov")
    decode_mov(d);
  else if (name == "cvta")
    decode_cvta(d);
  else if (name == "isspacep")
    decode_isspacep(d);
  else
    return false;
  return true;
}

}  // namespace simt::ptx
