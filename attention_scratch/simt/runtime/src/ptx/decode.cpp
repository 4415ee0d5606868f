#include "decode.h"

#include <cstdlib>
#include <mutex>
#include <set>

namespace simt::ptx {

namespace {

// Equal mnemonics at one address, so that lanes which meet can compare what they execute.
const char* interned(const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string>& all = *new std::set<std::string>();
  const std::lock_guard<std::mutex> lock(mutex);
  return all.insert(text).first->c_str();
}

bool fits(Type wanted, Type given, bool may_be_wider) {
  const unsigned want = bits_of(wanted), have = bits_of(given);
  if (wanted == Type::pred || given == Type::pred) return wanted == given;
  if (have != want) return may_be_wider && have > want;
  if (is_bits(wanted) || is_bits(given)) return true;
  return wanted == given || (is_integer(wanted) && is_integer(given)) ||
         (wanted == Type::tf32 && given == Type::f32);
}

std::string shown(Type type) { return std::string(".") + name_of(type); }

}  // namespace

Decoder::Decoder(const Statement& statement, Program& program, const std::vector<Label>& labels)
    : statement_(statement),
      program_(program),
      labels_(labels),
      understood_(statement.words.size(), false) {
  in.name = interned(statement.mnemonic);
  in.guard = statement.guard;
  in.guard_negated = statement.guard_negated;
  understood_[0] = true;
}

void Decoder::unsupported() const { throw Error{kUnsupported, statement_.mnemonic}; }

void Decoder::wrong(const std::string& why) const {
  throw Error{kMisuse, statement_.mnemonic + ": " + why};
}

const std::string& Decoder::word(size_t index) const {
  static const std::string none;
  return index < statement_.words.size() ? statement_.words[index] : none;
}

bool Decoder::has(const char* word) {
  for (size_t i = 1; i < understood_.size(); ++i)
    if (!understood_[i] && statement_.words[i] == word) return understood_[i] = true;
  return false;
}

void Decoder::ignore(std::initializer_list<const char*> words) {
  for (const char* word : words) has(word);
}

Type Decoder::type() {
  for (size_t i = 1; i < understood_.size(); ++i) {
    const Type found = type_named(statement_.words[i]);
    if (understood_[i] || found == Type::none) continue;
    understood_[i] = true;
    return found;
  }
  unsupported();
}

Type Decoder::type_of(std::initializer_list<Type> allowed) {
  const Type found = type();
  for (Type one : allowed)
    if (one == found) return found;
  unsupported();
}

int Decoder::number(const char* prefix) {
  const size_t length = std::strlen(prefix);
  for (size_t i = 1; i < understood_.size(); ++i) {
    const std::string& word = statement_.words[i];
    if (understood_[i] || word.compare(0, length, prefix) != 0 || word.size() == length) continue;
    char* end;
    const long value = std::strtol(word.c_str() + length, &end, 10);
    if (*end || value < 0 || value > 4096) continue;
    understood_[i] = true;
    return int(value);
  }
  return -1;
}

int Decoder::one_of(std::initializer_list<const char*> words) {
  int index = 0;
  for (const char* word : words) {
    if (has(word)) return index;
    ++index;
  }
  return -1;
}

uint16_t Decoder::pool(uint64_t bits) {
  std::vector<uint64_t>& all = program_.constants;
  size_t index = 0;
  while (index < all.size() && all[index] != bits) ++index;
  if (index == all.size()) all.push_back(bits);
  return uint16_t(program_.operands + program_.locals + index);
}

void Decoder::place(uint16_t reg) {
  if (places_ == kMaxOperands) wrong("too many registers");
  in.r[places_++] = reg;
}

const Operand& Decoder::take() {
  if (!more()) wrong("an operand is missing");
  return statement_.operands[operand_++];
}

bool Decoder::next_is(Operand::Kind kind) const {
  return more() && statement_.operands[operand_].kind == kind;
}

bool Decoder::second_is(Operand::Kind kind) const {
  return operand_ + 1 < statement_.operands.size() &&
         statement_.operands[operand_ + 1].kind == kind;
}

unsigned Decoder::next_count() const {
  if (!next_is(Operand::vector)) return 1;
  return unsigned(statement_.operands[operand_].parts.size());
}

unsigned Decoder::next_bits() const {
  if (!more()) return 64;
  const Operand& next = statement_.operands[operand_];
  const Operand& first = next.kind == Operand::vector ? next.parts[0] : next;
  return first.kind == Operand::reg ? bits_of(first.type) : 64;
}

void Decoder::split_pair() {
  if (!next_is(Operand::pair)) return;
  const std::vector<Operand> both = statement_.operands[operand_].parts;
  const auto at = statement_.operands.begin() + long(operand_);
  *at = both[0];
  statement_.operands.insert(at + 1, both[1]);
}

void Decoder::place_register(const Operand& operand, Type type, bool may_be_wider) {
  if (operand.kind != Operand::reg) wrong("expected a register");
  if (!fits(type, operand.type, may_be_wider))
    wrong("a " + shown(operand.type) + " register where the instruction wants " + shown(type));
  if (operand.negated && type != Type::pred) wrong("only a predicate can be negated");
  place(operand.index);
}

void Decoder::place_out(const Operand& operand, Type type, bool may_be_wider) {
  if (operand.kind != Operand::sink) return place_register(operand, type, may_be_wider);
  place(uint16_t(program_.operands + program_.locals - 1));
}

void Decoder::place_input(const Operand& operand, Type type, bool may_be_wider) {
  if (operand.kind != Operand::constant) return place_register(operand, type, may_be_wider);
  const bool wants_float = is_float(type);
  if (wants_float != operand.is_float && !(operand.is_float && is_bits(type)))
    wrong(std::string("a constant that is ") + (operand.is_float ? "no integer" : "an integer"));
  place(pool(constant_as(type, operand)));
}

void Decoder::out(Type type, bool may_be_wider) { place_out(take(), type, may_be_wider); }
void Decoder::input(Type type, bool may_be_wider) { place_input(take(), type, may_be_wider); }

const std::vector<Operand>& Decoder::elements(const Operand& operand, unsigned count) const {
  if (operand.kind != Operand::vector || operand.parts.size() != count)
    wrong("expected " + std::to_string(count) + " registers in braces, not " +
          (operand.kind == Operand::vector ? std::to_string(operand.parts.size()) : "one alone"));
  return operand.parts;
}

void Decoder::outs(unsigned count, Type type, bool may_be_wider) {
  for (const Operand& one : elements(take(), count)) place_out(one, type, may_be_wider);
}

void Decoder::inputs(unsigned count, Type type, bool may_be_wider) {
  for (const Operand& one : elements(take(), count)) place_input(one, type, may_be_wider);
}

bool Decoder::predicate() {
  const Operand& operand = take();
  place_register(operand, Type::pred, false);
  return operand.negated;
}

AddressSpace Decoder::space() {
  if (has("shared") || has("shared::cta") || has("shared::cluster")) return AddressSpace::shared;
  if (has("global")) return AddressSpace::global;
  if (has("local")) return AddressSpace::local;
  if (has("const")) return AddressSpace::constant;
  return AddressSpace::generic;
}

void Decoder::address(AddressSpace space) {
  const Operand& operand = take();
  if (operand.kind != Operand::address) wrong("expected an address in brackets");
  if (operand.parts.size() > 1) unsupported();
  const Operand& base = operand.parts[0];
  if (base.kind == Operand::constant) {
    place(pool(base.bits));
  } else {
    if (base.kind != Operand::reg) wrong("expected a register in brackets");
    const unsigned width = bits_of(base.type);
    if (width != 64 && (width != 32 || space != AddressSpace::shared))
      wrong(width == 32 ? "an address outside shared memory has 64 bits (constraint \"l\")"
                        : "a register of this size holds no address");
    place(base.index);
  }
  if (offsets_ == sizeof in.offset / sizeof *in.offset) wrong("too many addresses");
  if (operand.offset < INT32_MIN || operand.offset > INT32_MAX) wrong("offset too large");
  in.space[offsets_] = uint8_t(space);
  in.offset[offsets_++] = int32_t(operand.offset);
}

void Decoder::optional_input(Type type, uint64_t otherwise) {
  if (more()) return input(type);
  constant_input(otherwise);
}

void Decoder::constant_input(uint64_t bits) { place(pool(bits)); }

int64_t Decoder::constant() {
  const Operand& operand = take();
  if (operand.kind != Operand::constant || operand.is_float)
    wrong("expected a constant (constraint \"n\"), not a register");
  return int64_t(operand.bits);
}

void Decoder::shape(Type result, std::initializer_list<Type> inputs) {
  out(result);
  for (Type type : inputs) input(type);
}

void Decoder::finish(Handler run) {
  if (more()) wrong("too many operands");
  for (bool one : understood_)
    if (!one) unsupported();
  in.run = run;
}

size_t Decoder::label(const std::string& name) const {
  for (const Label& one : labels_)
    if (one.name == name) return one.statement;
  wrong("no label " + name);
}

}  // namespace simt::ptx
