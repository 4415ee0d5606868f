#include "lexer.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace simt::ptx {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool is_word(char c) { return is_letter(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

void Lexer::fail(const std::string& why) {
  size_t start = at_ < 24 ? 0 : at_ - 24;
  std::string near = text_.substr(start, 48);
  for (char& c : near)
    if (c < ' ' || c > '~') c = ' ';
  throw Error{kMisuse, why + " near \"" + near + "\""};
}

void Lexer::skip_blanks() {
  for (;;) {
    while (here() == ' ' || (here() >= '\t' && here() <= '\r')) ++at_;
    if (here() != '/' || (here(1) != '/' && here(1) != '*')) return;
    const bool line = here(1) == '/';
    const size_t end = text_.find(line ? "\n" : "*/", at_ + 2);
    if (end == std::string::npos && !line) fail("a comment without an end");
    at_ = end == std::string::npos ? text_.size() : end + (line ? 1 : 2);
  }
}

char Lexer::peek() {
  skip_blanks();
  return here();
}

bool Lexer::at_end() {
  skip_blanks();
  return at_ == text_.size();
}

bool Lexer::take(char wanted) {
  if (peek() != wanted || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void Lexer::expect(char wanted, const char* where) {
  if (!take(wanted)) fail(std::string("expected '") + wanted + "' " + where);
}

bool Lexer::at_number() { return is_digit(peek()) || (here() == '.' && is_digit(here(1))); }

bool Lexer::at_name() { return is_letter(peek()) || here() == '%'; }

std::string Lexer::name() {
  if (!at_name()) fail("expected a name");
  const size_t start = at_;
  const bool percent = here() == '%';
  if (percent) ++at_;
  if (here() == '%') ++at_;  // %%laneid
  while (is_word(here()) || (percent && here() == '.' && is_letter(here(1)))) ++at_;
  std::string found = text_.substr(start, at_ - start);
  if (found.compare(0, 2, "%%") == 0) found.erase(0, 1);
  if (found == "%") fail("expected a register after '%'");
  return found;
}

std::string Lexer::mnemonic() {
  if (!is_letter(peek())) fail("expected an instruction");
  std::string found;
  for (;;) {
    while (is_word(here())) found += text_[at_++];
    skip_blanks();
    const bool scope = here() == ':' && here(1) == ':' && is_word(here(2));
    const bool dot = here() == '.' && is_word(here(1));
    if (!scope && !dot) return found;
    found += dot ? "." : "::";
    at_ += dot ? 1 : 2;
  }
}

bool Lexer::take_bits(Operand& into) {
  const char kind = here(1);
  const bool is_single = kind == 'f' || kind == 'F';
  if (here() != '0' || (!is_single && kind != 'd' && kind != 'D')) return false;
  const size_t digits = is_single ? 8 : 16;
  for (size_t i = 0; i < digits; ++i)
    if (!is_hex(here(2 + i))) fail("a floating-point constant needs 8 or 16 hexadecimal digits");
  const uint64_t bits = std::strtoull(text_.substr(at_ + 2, digits).c_str(), nullptr, 16);
  at_ += 2 + digits;
  double value;
  if (is_single) {
    const uint32_t low = uint32_t(bits);
    float single;
    std::memcpy(&single, &low, sizeof single);
    value = single;
  } else {
    std::memcpy(&value, &bits, sizeof value);
  }
  std::memcpy(&into.bits, &value, sizeof value);
  into.is_float = true;
  return true;
}

void Lexer::number(Operand& into) {
  into.kind = Operand::constant;
  if (!at_number()) fail("expected a number");
  if (take_bits(into)) return;
  const bool binary = here() == '0' && (here(1) == 'b' || here(1) == 'B');
  const bool hex = here() == '0' && (here(1) == 'x' || here(1) == 'X');
  size_t end = at_;
  bool is_float = false;
  while (is_word(end < text_.size() ? text_[end] : 0) || text_[end] == '.' ||
         (is_float && (text_[end] == '+' || text_[end] == '-') &&
          (text_[end - 1] == 'e' || text_[end - 1] == 'E'))) {
    is_float |= !hex && (text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E');
    ++end;
  }
  std::string digits = text_.substr(at_, end - at_);
  while (!is_float && !digits.empty() && digits.back() == 'U') digits.pop_back();
  char* stop = nullptr;
  errno = 0;
  if (is_float) {
    const double value = std::strtod(digits.c_str(), &stop);
    std::memcpy(&into.bits, &value, sizeof value);
    into.is_float = true;
  } else {
    into.bits = std::strtoull(digits.c_str() + (binary ? 2 : 0), &stop, binary ? 2 : 0);
  }
  if (*stop || (errno && !is_float)) fail("not a number: " + digits.substr(0, 24));
  at_ = end;
}

}  // namespace simt::ptx
