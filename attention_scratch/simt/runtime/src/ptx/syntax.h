// syntax.h: the text of inline PTX as statements, before their meaning is looked at.
#pragma once
#include <string>
#include <vector>

#include "program.h"

namespace simt::ptx {

// Thrown by the parser and the decoder, caught by compile().
struct Error {
  Kind kind;
  std::string text;
};

struct Operand {
  enum Kind : uint8_t { reg, constant, special, address, vector, sink, pair, label } kind = sink;
  bool negated = false;        // !p
  bool is_float = false;       // a constant written as a floating-point number
  Type type = Type::none;      // a register's
  uint16_t index = 0;          // a register's
  uint64_t bits = 0;           // a constant's: an integer, or a double
  int64_t offset = 0;          // an address is a register or a constant, plus this
  std::string name;            // of a special register or a label
  std::vector<Operand> parts;  // a vector's elements; an address's base; a pair's two predicates
};

struct Statement {
  std::string mnemonic;            // mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
  std::vector<std::string> words;  // mma, sync, aligned, …
  std::vector<Operand> operands;
  uint16_t guard = kAlways;
  bool guard_negated = false;
};

struct Label {
  std::string name;
  size_t statement;  // it stands before
};

struct Text {
  std::vector<Statement> statements;
  std::vector<Label> labels;
  uint32_t operands = 0, locals = 0;
};

Type type_of_constraint(char constraint);  // none if no register
// The text with "C" operands, which are pieces of text, put in their places.
std::string with_texts(const char* text, const Given& given);

Text parse(const char* text, const Given& given);

}  // namespace simt::ptx
