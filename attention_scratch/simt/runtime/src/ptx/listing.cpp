// listing.cpp: a text as the parser and the decoder understand it, for tests.
#include <algorithm>
#include <memory>

#include "program.h"

extern "C" int simt_ptx_parse(const char* text, const char* operands, char* out, uint32_t size) {
  using namespace simt::ptx;
  const std::unique_ptr<Program> program(compile(text, {operands, nullptr}));
  std::string listing = program->error;
  if (listing.empty())
    for (const Instruction& in : program->code)
      listing += (in.guard == kAlways ? ""
                  : in.guard_negated  ? "@!p "
                                      : "@p ") +
                 std::string(in.name) + ";\n";
  if (size) {
    const size_t kept = std::min<size_t>(listing.size(), size - 1);
    std::memcpy(out, listing.data(), kept);
    out[kept] = '\0';
  }
  if (program->error.empty()) return 0;
  return program->error_kind == simt::kUnsupported ? 1 : 2;
}
