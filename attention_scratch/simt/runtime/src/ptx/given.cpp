// given.cpp: the operands of an asm statement, as its text names them.
#include <cstring>

#include "syntax.h"

namespace simt::ptx {

Type type_of_constraint(char constraint) {
  switch (constraint) {
    case 'h':
      return Type::b16;
    case 'r':
      return Type::b32;
    case 'l':
      return Type::b64;
    case 'f':
      return Type::f32;
    case 'd':
      return Type::f64;
    default:
      return Type::none;
  }
}

std::string with_texts(const char* text, const Given& given) {
  const std::string original = text;
  std::string result;
  for (size_t at = 0; at < original.size();) {
    size_t end = at + 1;
    size_t index = 0;
    if (original[at] == '%')
      while (end < original.size() && original[end] >= '0' && original[end] <= '9' && index < 999)
        index = index * 10 + size_t(original[end++] - '0');
    const bool is_text = end > at + 1 && 2 * index < std::strlen(given.operands) &&
                         given.operands[2 * index + 1] == 'C';
    if (is_text && given.values)
      result += reinterpret_cast<const char*>(given.values[index]);
    else
      result.append(original, at, end - at);
    at = end;
  }
  return result;
}

}  // namespace simt::ptx
