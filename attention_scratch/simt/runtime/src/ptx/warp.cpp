// warp.cpp: votes, shuffles, matches and reductions of the lanes of a warp.
#include <cstdio>

#include "../../include/simt/runtime.h"
#include "lanes.h"

namespace simt::ptx {

namespace {

void meet(Machine& m, const Instruction& in, uint32_t mask, Combine combine, Lane& own) {
  meet_warp_at(mask, in.name, &own, combine, m.pc);
  if (own.is_different)
    fail_at(kMisuse, m.pc, "%s: other lanes of the warp are at another instruction", in.name);
}

}  // namespace

Lane meet(Machine& m, const Instruction& in, uint32_t mask, Combine combine) {
  Lane own{&m, &in};
  meet(m, in, mask, combine, own);
  return own;
}

void meet_whole(Machine& m, const Instruction& in, Combine combine, Lane& own) {
  meet(m, in, ~0u, combine, own);
  if (own.met != ~0u)
    fail_at(kMisuse, m.pc, "%s needs all 32 lanes of the warp, %u are there", in.name,
            unsigned(__builtin_popcount(own.met)));
}

namespace {

enum Operation : uint8_t { kAll, kAny, kUniform, kBallot };
enum Shuffle : uint8_t { kUp, kDown, kButterfly, kIndex };

template <class Do>
void for_lanes(const Lanes& lanes, Do act) {
  for (uint32_t rest = lanes.present(); rest; rest &= rest - 1) act(unsigned(__builtin_ctz(rest)));
}

// Places: result, predicate or value, mask. in.flags: 1 if the predicate is negated.
void combine_vote(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  uint32_t votes = 0;
  for_lanes(lanes, [&](unsigned lane) {
    const bool value = bool(lanes[lane].read<uint8_t>(1) & 1) != bool(lanes[lane].in->flags);
    votes |= uint32_t(value) << lane;
  });
  for_lanes(lanes, [&](unsigned lane) {
    switch (lanes[lane].in->mode) {
      case kAll:
        return lanes[lane].write(0, uint8_t(votes == present));
      case kAny:
        return lanes[lane].write(0, uint8_t(votes != 0));
      case kUniform:
        return lanes[lane].write(0, uint8_t(votes == present || votes == 0));
      default:
        return lanes[lane].write(0, votes);
    }
  });
}

void vote(Machine& m, const Instruction& in) { meet(m, in, get<uint32_t>(m, in, 2), combine_vote); }

// The lane a shuffle reads, and whether it lies in the caller's segment.
struct Source {
  unsigned lane;
  bool inside;
};
Source source_of(uint8_t how, unsigned lane, uint32_t b, uint32_t c) {
  const unsigned by = b & 31, segment = c >> 8 & 31;
  const unsigned last = (lane & segment) | (c & 31 & ~segment), first = lane & segment;
  unsigned from = (first | (by & ~segment)) & 31;
  if (how == kUp) from = lane - by;
  if (how == kDown) from = lane + by;
  if (how == kButterfly) from = lane ^ by;
  const bool inside = how == kUp ? int(from) >= int(last) : from <= last;
  return {inside ? from : lane, inside};
}

// Places: result, value, b, c, mask, predicate.
void combine_shuffle(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  uint32_t values[32];
  for_lanes(lanes, [&](unsigned lane) { values[lane] = lanes[lane].read<uint32_t>(1); });
  for_lanes(lanes, [&](unsigned i) {
    const Lane& lane = lanes[i];
    const Source source =
        source_of(lane.in->mode, i, lane.read<uint32_t>(2), lane.read<uint32_t>(3));
    lane.write(0, lanes.has(source.lane) ? values[source.lane] : values[i]);
    if (lane.in->count) lane.write(5, uint8_t(source.inside));
  });
}

void shuffle(Machine& m, const Instruction& in) {
  const unsigned from =
      source_of(in.mode, lane_id_now(), get<uint32_t>(m, in, 2), get<uint32_t>(m, in, 3)).lane;
  const Lane own = meet(m, in, get<uint32_t>(m, in, 4), combine_shuffle);
  if (own.met >> from & 1 || !current_worker->launch->checked) return;
  if (Finding* finding = record(*current_worker, kInactiveLane, m.pc))
    std::snprintf(finding->text, sizeof finding->text, "%s|%u", in.name, from);
}

// Places: result, value, mask, predicate. in.mode: all lanes must agree.
void combine_match(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  uint64_t values[32];
  for_lanes(lanes, [&](unsigned lane) { values[lane] = lanes[lane].read<uint64_t>(1); });
  for_lanes(lanes, [&](unsigned i) {
    uint32_t same = 0;
    for_lanes(lanes, [&](unsigned j) { same |= uint32_t(values[i] == values[j]) << j; });
    const bool all = same == present;
    lanes[i].write(0, lanes[i].in->mode && !all ? 0 : same);
    if (lanes[i].in->mode) lanes[i].write(3, uint8_t(all));
  });
}

void match(Machine& m, const Instruction& in) {
  meet(m, in, get<uint32_t>(m, in, 2), combine_match);
}

struct Add {
  static uint32_t of(uint32_t a, uint32_t b) { return a + b; }
};
struct And {
  static uint32_t of(uint32_t a, uint32_t b) { return a & b; }
};
struct Or {
  static uint32_t of(uint32_t a, uint32_t b) { return a | b; }
};
struct Xor {
  static uint32_t of(uint32_t a, uint32_t b) { return a ^ b; }
};
template <class T>
struct Min {
  static uint32_t of(uint32_t a, uint32_t b) { return T(b) < T(a) ? b : a; }
};
template <class T>
struct Max {
  static uint32_t of(uint32_t a, uint32_t b) { return T(a) < T(b) ? b : a; }
};

// Places: result, value, mask.
template <class F>
void combine_reduction(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  uint32_t total = lanes.first().read<uint32_t>(1);
  for (uint32_t rest = present & (present - 1); rest; rest &= rest - 1)
    total = F::of(total, lanes[unsigned(__builtin_ctz(rest))].read<uint32_t>(1));
  for_lanes(lanes, [&](unsigned lane) { lanes[lane].write(0, total); });
}
template <class F>
void reduce(Machine& m, const Instruction& in) {
  meet(m, in, get<uint32_t>(m, in, 2), combine_reduction<F>);
}

// Places: the elected lane, predicate, mask.
void combine_election(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  const uint32_t elected = uint32_t(__builtin_ctz(present));
  for_lanes(lanes, [&](unsigned lane) {
    lanes[lane].write(0, elected);
    lanes[lane].write(1, uint8_t(lane == elected));
  });
}
void elect(Machine& m, const Instruction& in) {
  meet(m, in, get<uint32_t>(m, in, 2), combine_election);
}

void active(Machine& m, const Instruction& in) { put(m, in, 0, converge_at(in.name, m.pc)); }

void decode_vote(Decoder& d) {
  const int how = d.one_of({"all", "any", "uni", "ballot"});
  if (how < 0 || !d.has("sync")) d.unsupported();
  d.in.mode = uint8_t(how);
  d.out(d.type_of({how == kBallot ? Type::b32 : Type::pred}));
  d.in.flags = d.predicate();
  d.input(Type::b32);
  d.finish(vote);
}

void decode_shuffle(Decoder& d) {
  const int how = d.one_of({"up", "down", "bfly", "idx"});
  if (how < 0 || !d.has("sync")) d.unsupported();
  d.in.mode = uint8_t(how);
  const Type type = d.type_of({Type::b32});
  const bool with_predicate = d.next_is(Operand::pair);
  d.in.count = with_predicate;
  d.split_pair();
  d.out(type);
  const Operand predicate = with_predicate ? d.take() : Operand();
  for (int i = 0; i < 4; ++i) d.input(Type::b32);
  d.place_out(predicate, Type::pred);
  d.finish(shuffle);
}

void decode_match(Decoder& d) {
  const int how = d.one_of({"any", "all"});
  if (how < 0 || !d.has("sync")) d.unsupported();
  d.in.mode = uint8_t(how);
  const Type type = d.type_of({Type::b32, Type::b64});
  const bool with_predicate = how == 1 && d.next_is(Operand::pair);
  d.split_pair();
  d.out(Type::b32);
  const Operand predicate = with_predicate ? d.take() : Operand();
  d.input(type);
  d.input(Type::b32);
  d.place_out(predicate, Type::pred);
  d.finish(match);
}

void decode_reduction(Decoder& d) {
  const int how = d.one_of({"add", "min", "max", "and", "or", "xor"});
  if (how < 0 || !d.has("sync")) d.unsupported();
  const Type type = how < 3 ? d.type_of({Type::u32, Type::s32}) : d.type_of({Type::b32});
  d.shape(type, {type, Type::b32});
  const bool has_sign = type == Type::s32;
  const Handler handlers[] = {reduce<Add>,
                              has_sign ? reduce<Min<int32_t>> : reduce<Min<uint32_t>>,
                              has_sign ? reduce<Max<int32_t>> : reduce<Max<uint32_t>>,
                              reduce<And>,
                              reduce<Or>,
                              reduce<Xor>};
  d.finish(handlers[how]);
}

void decode_election(Decoder& d) {
  if (!d.has("sync") || !d.next_is(Operand::pair)) d.unsupported();
  d.split_pair();
  d.out(Type::b32);
  d.out(Type::pred);
  d.input(Type::b32);
  d.finish(elect);
}

}  // namespace

bool decode_warp(Decoder& d) {
  const std::string& name = d.word(0);
  if (name == "vote")
    decode_vote(d);
  else if (name == "shfl")
    decode_shuffle(d);
  else if (name == "match")
    decode_match(d);
  else if (name == "redux")
    decode_reduction(d);
  else if (name == "elect")
    decode_election(d);
  else if (name == "activemask") {
    d.out(d.type_of({Type::b32}));
    d.finish(active);
  } else
    return false;
  return true;
}

}  // namespace simt::ptx
