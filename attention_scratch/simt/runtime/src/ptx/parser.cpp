// parser.cpp: from characters to statements. Names are resolved here; instructions are not known.
#include <algorithm>
#include <map>

#include "lexer.h"
#include "syntax.h"

namespace simt::ptx {

namespace {

constexpr size_t kMaxNesting = 8;
constexpr uint32_t kMaxRegisters = 4096;
constexpr size_t kMaxStatements = 4096;

class Parser {
 public:
  Parser(const char* text, const Given& given) : lexer_(with_texts(text, given)), given_(given) {
    result_.operands = uint32_t(std::strlen(given.operands) / 2);
  }

  Text parse() {
    while (!lexer_.at_end()) statement();
    if (scopes_.size() != 1) lexer_.fail("expected '}' at the end");
    return std::move(result_);
  }

 private:
  struct Register {
    uint16_t index;
    Type type;
  };
  using Scope = std::map<std::string, Register>;

  void statement() {
    if (lexer_.take('{')) return open_scope();
    if (lexer_.take(';')) return;
    if (lexer_.take('}')) {
      if (scopes_.size() == 1) lexer_.fail("'}' without '{'");
      scopes_.pop_back();
      return;
    }
    if (lexer_.take('.')) return directive();
    if (result_.statements.size() >= kMaxStatements) lexer_.fail("too many statements");
    Statement made;
    if (lexer_.take('@')) guard(made);
    made.mnemonic = lexer_.mnemonic();
    if (made.guard == kAlways && lexer_.take(':')) return label(made.mnemonic);
    split(made);
    if (lexer_.peek() != ';') operands(made);
    lexer_.expect(';', "after an instruction");
    result_.statements.push_back(std::move(made));
  }

  void open_scope() {
    if (scopes_.size() > kMaxNesting) lexer_.fail("braces nested too deep");
    scopes_.emplace_back();
  }

  void label(const std::string& name) {
    for (const Label& other : result_.labels)
      if (other.name == name) lexer_.fail("a second label " + name);
    result_.labels.push_back({name, result_.statements.size()});
  }

  void split(Statement& made) {
    size_t start = 0;
    for (size_t at = 0; at <= made.mnemonic.size(); ++at)
      if (at == made.mnemonic.size() || made.mnemonic[at] == '.') {
        made.words.push_back(made.mnemonic.substr(start, at - start));
        start = at + 1;
      }
  }

  void guard(Statement& made) {
    made.guard_negated = lexer_.take('!');
    const Operand predicate = named();
    if (predicate.kind != Operand::reg || predicate.type != Type::pred)
      lexer_.fail("a guard must be a predicate");
    made.guard = predicate.index;
  }

  // .reg .pred p, q;  .reg .b32 r<4>;
  void directive() {
    const std::string word = lexer_.mnemonic();
    if (word == "pragma" || word == "loc") {
      while (!lexer_.at_end() && !lexer_.take(';')) lexer_.skip();
      return;
    }
    if (word.compare(0, 4, "reg.") != 0 && word != "reg") throw Error{kUnsupported, "." + word};
    const std::string name = word == "reg" ? "" : word.substr(4);
    const Type type = type_named(name);
    if (type == Type::none) throw Error{kUnsupported, ".reg ." + name};
    do declare(type);
    while (lexer_.take(','));
    lexer_.expect(';', "after a declaration");
  }

  void declare(Type type) {
    const std::string name = lexer_.name();
    if (!lexer_.take('<')) return declare(name, type);
    Operand count;
    lexer_.number(count);
    if (count.is_float || count.bits > kMaxRegisters) lexer_.fail("too many registers");
    lexer_.expect('>', "after a number of registers");
    for (uint64_t i = 0; i < count.bits; ++i) declare(name + std::to_string(i), type);
  }

  void declare(const std::string& name, Type type) {
    if (result_.operands + result_.locals >= kMaxRegisters) lexer_.fail("too many registers");
    const uint16_t index = uint16_t(result_.operands + result_.locals++);
    if (!scopes_.back().emplace(name, Register{index, type}).second)
      lexer_.fail(name + " is declared twice");
  }

  void operands(Statement& made) {
    do {
      if (made.operands.size() >= kMaxOperands) lexer_.fail("too many operands");
      made.operands.push_back(operand(0));
    } while (lexer_.take(','));
  }

  Operand operand(size_t depth) {
    if (depth > kMaxNesting) lexer_.fail("operands nested too deep");
    if (lexer_.take('{')) return vector(depth);
    if (lexer_.take('[')) return address(depth);
    if (lexer_.take('!')) {
      Operand made = named();
      made.negated = true;
      return made;
    }
    if (!lexer_.at_name()) return sum(depth);
    Operand made = named();
    if (!lexer_.take('|')) return made;
    Operand both;
    both.kind = Operand::pair;
    both.parts = {made, named()};
    return both;
  }

  Operand vector(size_t depth) {
    Operand made;
    made.kind = Operand::vector;
    do {
      if (made.parts.size() >= kMaxOperands) lexer_.fail("too many registers in braces");
      made.parts.push_back(operand(depth + 1));
    } while (lexer_.take(','));
    lexer_.expect('}', "after the registers of a vector");
    return made;
  }

  Operand address(size_t depth) {
    Operand made;
    made.kind = Operand::address;
    made.parts.push_back(operand(depth + 1));
    while (lexer_.take('+')) {
      const Operand offset = constant(depth + 1);
      if (offset.kind != Operand::constant || offset.is_float)
        lexer_.fail("an address is a register plus a constant");
      made.offset += int64_t(offset.bits);
    }
    while (lexer_.take(',')) made.parts.push_back(operand(depth + 1));  // of a tensor
    lexer_.expect(']', "after an address");
    return made;
  }

  // A number with its sign, or an expression in parentheses.
  Operand constant(size_t depth) {
    if (depth > kMaxNesting) lexer_.fail("an expression nested too deep");
    const bool minus = lexer_.take('-'), complement = !minus && lexer_.take('~');
    Operand made;
    if (lexer_.take('(')) {
      made = sum(depth + 1);
      lexer_.expect(')', "after an expression");
    } else if (minus || complement) {
      made = constant(depth + 1);
    } else if (lexer_.at_name()) {
      made = named();
      if (made.kind != Operand::constant) lexer_.fail("expected a constant");
    } else {
      lexer_.number(made);
    }
    if (made.is_float && minus) made.bits ^= 1ull << 63;
    if (made.is_float && complement) lexer_.fail("~ of a floating-point number");
    if (!made.is_float && minus) made.bits = 0 - made.bits;
    if (complement) made.bits = ~made.bits;
    return made;
  }

  // Operators from left to right; those that C would bind tighter must stand in parentheses.
  Operand sum(size_t depth) {
    Operand made = constant(depth);
    for (char previous = 0;;) {
      const char op = lexer_.peek();
      if (!op || !std::strchr("+-*<>&|^", op)) return made;
      if (previous && previous != op) lexer_.fail("mixed operators need parentheses");
      lexer_.take(op);
      if (op == '<' || op == '>') lexer_.expect(op, "in a shift");
      const Operand right = constant(depth);
      if (made.is_float || right.is_float) lexer_.fail("expected whole numbers");
      made.bits = apply(op, made.bits, right.bits);
      previous = op;
    }
  }

  static uint64_t apply(char op, uint64_t a, uint64_t b) {
    switch (op) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '<':
        return b < 64 ? a << b : 0;
      case '>':
        return b < 64 ? a >> b : 0;
      case '&':
        return a & b;
      case '|':
        return a | b;
      default:
        return a ^ b;
    }
  }

  Operand named() {
    const std::string name = lexer_.name();
    Operand made;
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found == scope->end()) continue;
      made.kind = Operand::reg;
      made.index = found->second.index;
      made.type = found->second.type;
      return made;
    }
    if (name[0] == '%' && name[1] >= '0' && name[1] <= '9') return given(name);
    if (name == "_") return made;
    made.kind = name[0] == '%' || name == "WARP_SZ" ? Operand::special : Operand::label;
    made.name = name;
    return made;
  }

  Operand given(const std::string& name) {
    const size_t index = std::strtoull(name.c_str() + 1, nullptr, 10);
    if (index >= result_.operands || name.size() > 4)
      lexer_.fail("operand " + name + ", but the statement has " +
                  std::to_string(result_.operands));
    const char constraint = given_.operands[2 * index + 1];
    Operand made;
    if (constraint == 'n') {
      made.kind = Operand::constant;
      made.bits = given_.values ? given_.values[index] : 0;
      return made;
    }
    made.kind = Operand::reg;
    made.index = uint16_t(index);
    made.type = type_of_constraint(constraint);
    if (made.type == Type::none) lexer_.fail("operand " + name + " is no register");
    return made;
  }

  Lexer lexer_;
  Given given_;
  Text result_;
  std::vector<Scope> scopes_{1};
};

}  // namespace

Text parse(const char* text, const Given& given) { return Parser(text, given).parse(); }

}  // namespace simt::ptx
