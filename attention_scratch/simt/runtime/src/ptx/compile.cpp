// compile.cpp: from a statement's text to instructions.
#include <memory>

#include "decode.h"

namespace simt::ptx {

namespace {

constexpr Family kFamilies[] = {decode_mma,     decode_matrix,  decode_copy,   decode_mbarrier,
                                decode_load,    decode_move,    decode_warp,   decode_control,
                                decode_compare, decode_convert, decode_bits,   decode_atomic,
                                decode_float,   decode_half,    decode_integer};

Instruction decode(const Statement& statement, Program& program, const Text& text) {
  for (Family family : kFamilies) {
    Decoder decoder(statement, program, text.labels);
    if (family(decoder)) return decoder.in;
  }
  throw Error{kUnsupported, statement.mnemonic};
}

void decode_all(const Text& text, const Given& given, Program& program) {
  program.operands = text.operands;
  program.locals = text.locals + 1;
  for (const Statement& statement : text.statements)
    program.code.push_back(decode(statement, program, text));
  for (size_t i = 0; i < program.code.size(); ++i)
    if (is_branch(program.code[i])) program.code[i].offset[0] -= int32_t(i) + 1;
  for (uint16_t i = 0; i < text.operands; ++i)
    if (given.operands[2 * i] != ' ') program.outputs.push_back(i);
}

}  // namespace

Program* compile(const char* text, const Given& given) {
  auto program = std::make_unique<Program>();
  try {
    decode_all(parse(text, given), given, *program);
  } catch (const Error& error) {
    program->error_kind = error.kind;
    program->error = error.text;
  }
  return program.release();
}

}  // namespace simt::ptx
