// decode.h: what the decoders of the families of instructions share: they read a statement's words
// and operands from left to right and fill in an Instruction.
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "addresses.h"
#include "syntax.h"

namespace simt::ptx {

class Decoder {
 public:
  Decoder(const Statement& statement, Program& program, const std::vector<Label>& labels);

  Instruction in;

  // Words after the first one. A word that nobody asked for makes the instruction unsupported.
  const std::string& word(size_t index) const;
  size_t words() const { return understood_.size(); }
  bool has(const char* word);
  void ignore(std::initializer_list<const char*> words);
  Type type();  // the next word that is a type; unsupported if none is left
  Type type_of(std::initializer_list<Type> allowed);  // the same, or unsupported
  int number(const char* prefix);  // of a word such as x4: 4; −1 if there is none
  // The nth of the words, −1 if there is none of them.
  int one_of(std::initializer_list<const char*> words);

  // Operands, each of which takes the next place in in.r.
  void out(Type type, bool may_be_wider = false);
  void input(Type type, bool may_be_wider = false);
  void outs(unsigned count, Type type, bool may_be_wider = false);  // {a, b}
  void inputs(unsigned count, Type type, bool may_be_wider = false);
  bool predicate();                  // true if it is negated
  AddressSpace space();              // the next word that is one; generic if there is none
  void address(AddressSpace space);  // the nth one's offset goes to in.offset[n]
  void optional_input(Type type, uint64_t otherwise);
  void constant_input(uint64_t bits);  // a constant of the handler's own
  int64_t constant();                  // one that must be known when the kernel is compiled
  void shape(Type result, std::initializer_list<Type> inputs);

  size_t remaining() const { return statement_.operands.size() - operand_; }
  bool next_is_predicate() const {
    return next_is(Operand::reg) && statement_.operands[operand_].type == Type::pred;
  }
  bool more() const { return operand_ < statement_.operands.size(); }
  bool next_is(Operand::Kind kind) const;
  bool second_is(Operand::Kind kind) const;  // the one after it
  unsigned next_count() const;               // registers in the next operand
  unsigned next_bits() const;                // of the register that comes next
  void split_pair();                         // p|q becomes two operands
  const Operand& take();
  void place_out(const Operand& operand, Type type, bool may_be_wider = false);
  void finish(Handler run);

  [[noreturn]] void unsupported() const;
  [[noreturn]] void wrong(const std::string& why) const;
  size_t label(const std::string& name) const;

 private:
  uint16_t pool(uint64_t bits);
  void place(uint16_t reg);
  void place_register(const Operand& operand, Type type, bool may_be_wider);
  void place_input(const Operand& operand, Type type, bool may_be_wider);
  const std::vector<Operand>& elements(const Operand& operand, unsigned count) const;

  Statement statement_;
  Program& program_;
  const std::vector<Label>& labels_;
  std::vector<bool> understood_;
  size_t operand_ = 0, places_ = 0, offsets_ = 0;
};

uint64_t constant_as(Type type, const Operand& operand);

bool is_branch(const Instruction& in);

// One for each family; false if the instruction is not of it.
using Family = bool (*)(Decoder&);
bool decode_integer(Decoder&);
bool decode_bits(Decoder&);
bool decode_float(Decoder&);
bool decode_half(Decoder&);
bool decode_compare(Decoder&);
bool decode_convert(Decoder&);
bool decode_move(Decoder&);
bool decode_load(Decoder&);
bool decode_atomic(Decoder&);
bool decode_warp(Decoder&);
bool decode_control(Decoder&);
bool decode_matrix(Decoder&);
bool decode_mma(Decoder&);
bool decode_copy(Decoder&);
bool decode_mbarrier(Decoder&);

}  // namespace simt::ptx
