// lexer.h: characters of inline PTX, one word at a time.
#pragma once
#include <string>

#include "syntax.h"

namespace simt::ptx {

class Lexer {
 public:
  explicit Lexer(std::string text) : text_(std::move(text)) {}

  void skip_blanks();  // and comments
  bool at_end();
  char peek();  // the next character that is not blank, 0 at the end
  bool take(char wanted);
  void skip() { at_ += at_ < text_.size(); }
  void expect(char wanted, const char* where);
  bool at_number();
  bool at_name();
  std::string name();      // of a register, a label, a special register with its dots
  std::string mnemonic();  // words with dots and double colons
  void number(Operand& into);
  [[noreturn]] void fail(const std::string& why);

 private:
  char here(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take_bits(Operand& into);  // 0f3f800000, 0d3ff0000000000000

  std::string text_;
  size_t at_ = 0;
};

}  // namespace simt::ptx
