// lanes.h: instructions that the lanes of a warp execute together.
#pragma once
#include "../services.h"
#include "exec.h"

namespace simt::ptx {

// What a lane brings to a meeting: its registers and the instruction it is at.
struct Lane {
  Machine* machine;
  const Instruction* in;
  uint32_t met = 0;           // the lanes that took part
  bool is_different = false;  // others are at another instruction

  template <class T>
  T read(unsigned operand) const {
    return get<T>(*machine, *in, operand);
  }
  template <class T>
  void write(unsigned operand, T value) const {
    put<T>(*machine, *in, operand, value);
  }
};

class Lanes {
 public:
  Lanes(uint32_t present, void* const* data) : present_(present), data_(data) {
    for (uint32_t rest = present; rest; rest &= rest - 1) {
      Lane& lane = (*this)[unsigned(__builtin_ctz(rest))];
      lane.met = present;
      lane.is_different = lane.in->name != first().in->name;
      same_ = same_ && !lane.is_different;
    }
  }
  Lane& operator[](unsigned lane) const { return *static_cast<Lane*>(data_[lane]); }
  Lane& first() const { return (*this)[unsigned(__builtin_ctz(present_))]; }
  uint32_t present() const { return present_; }
  bool has(unsigned lane) const { return present_ >> lane & 1; }
  bool same() const { return same_; }  // all are at the same instruction
  bool whole() const { return same_ && present_ == ~0u; }

 private:
  uint32_t present_;
  void* const* data_;
  bool same_ = true;
};

// The lanes of a mask meet, and `combine` computes the results of all.
Lane meet(Machine& m, const Instruction& in, uint32_t mask, Combine combine);
// The same for instructions that need all 32 lanes; `own` is what `combine` gets for this one.
void meet_whole(Machine& m, const Instruction& in, Combine combine, Lane& own);

}  // namespace simt::ptx
