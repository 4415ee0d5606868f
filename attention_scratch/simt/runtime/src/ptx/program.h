// program.h: one asm statement, decoded once into instructions that run without looking at its text
// again.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "../abi.h"

namespace simt::ptx {

enum class Type : uint8_t {
  none,
  pred,
  b8,
  b16,
  b32,
  b64,
  b128,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f16,
  bf16,
  f16x2,
  bf16x2,
  tf32,
  f32,
  f64
};
unsigned bits_of(Type type);
const char* name_of(Type type);
Type type_named(const std::string& word);  // none if it is no type
inline bool is_signed(Type type) { return type >= Type::s8 && type <= Type::s64; }
inline bool is_bits(Type type) { return type >= Type::b8 && type <= Type::b128; }
inline bool is_integer(Type type) { return type >= Type::b8 && type <= Type::s64; }
inline bool is_float(Type type) { return type >= Type::f16 && type <= Type::f64; }

struct Instruction;

// What a running statement has: its registers and where it goes on.
struct Machine {
  uint64_t* reg;
  const Instruction* next;
  uint64_t pc;     // of the statement, for diagnoses
  uint32_t turns;  // branches backward
};

using Handler = void (*)(Machine&, const Instruction&);

constexpr unsigned kMaxOperands = 24;
constexpr uint16_t kAlways = 0xffff;

struct Instruction {
  Handler run = nullptr;
  const char* name = "";       // the whole mnemonic; equal texts have equal addresses
  uint8_t space[3] = {};       // AddressSpace of each address
  int32_t offset[3] = {};      // of each address, in bytes; of a branch, its target
  uint16_t guard = kAlways;    // runs if this predicate …
  bool guard_negated = false;  // … is true, or false
  uint8_t count = 0;           // elements of a vector, matrices, operands: as the handler has it
  uint8_t size = 0;            // bytes of an element
  uint8_t mode = 0;            // what else the handler distinguishes
  uint32_t flags = 0;
  uint16_t r[kMaxOperands] = {};  // registers, in the order of the text
};

struct Program {
  Kind error_kind = kMisuse;
  std::string error;  // why it cannot run; empty if it can
  std::vector<Instruction> code;
  uint32_t operands = 0;            // registers [0, operands) are the statement's own operands,
  uint32_t locals = 0;              // the next ones those it declares, and one for results
                                    // that nobody wants,
  std::vector<uint64_t> constants;  // the last ones its constants
  std::vector<uint16_t> outputs;    // operands to hand back

  uint32_t registers() const { return operands + locals + uint32_t(constants.size()); }
};

// Values in registers lie in their lowest bits; what is above them is zero.
template <class T>
T get(const Machine& machine, const Instruction& in, unsigned operand) {
  T value;
  std::memcpy(&value, &machine.reg[in.r[operand]], sizeof value);
  return value;
}
template <class T>
void put(Machine& machine, const Instruction& in, unsigned operand, T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  machine.reg[in.r[operand]] = bits;
}

// The value of an operand of the statement while it is parsed: "n" and "C" are part of the text.
struct Given {
  const char* operands;    // two characters each: '=', '+' or ' ', and the constraint
  const uint64_t* values;  // null where only the text is looked at
};

Program* compile(const char* text, const Given& given);

}  // namespace simt::ptx
