// types.cpp: the names and sizes of PTX's types.
#include <cstring>

#include "decode.h"
#include "formats.h"

namespace simt::ptx {

namespace {

struct Entry {
  const char* name;
  Type type;
  unsigned bits;
};
constexpr Entry kTypes[] = {
    {"pred", Type::pred, 1},  {"b8", Type::b8, 8},        {"b16", Type::b16, 16},
    {"b32", Type::b32, 32},   {"b64", Type::b64, 64},     {"b128", Type::b128, 128},
    {"u8", Type::u8, 8},      {"u16", Type::u16, 16},     {"u32", Type::u32, 32},
    {"u64", Type::u64, 64},   {"s8", Type::s8, 8},        {"s16", Type::s16, 16},
    {"s32", Type::s32, 32},   {"s64", Type::s64, 64},     {"f16", Type::f16, 16},
    {"bf16", Type::bf16, 16}, {"f16x2", Type::f16x2, 32}, {"bf16x2", Type::bf16x2, 32},
    {"tf32", Type::tf32, 32}, {"f32", Type::f32, 32},     {"f64", Type::f64, 64}};

}  // namespace

unsigned bits_of(Type type) {
  for (const Entry& entry : kTypes)
    if (entry.type == type) return entry.bits;
  return 0;
}

const char* name_of(Type type) {
  for (const Entry& entry : kTypes)
    if (entry.type == type) return entry.name;
  return "?";
}

Type type_named(const std::string& word) {
  for (const Entry& entry : kTypes)
    if (word == entry.name) return entry.type;
  return Type::none;
}

uint64_t constant_as(Type type, const Operand& operand) {
  double value;
  std::memcpy(&value, &operand.bits, sizeof value);
  const unsigned width = bits_of(type);
  if (operand.is_float && width == 32) return bits_as<uint32_t>(float(value));
  if (operand.is_float) return operand.bits;
  return width == 64 ? operand.bits : operand.bits & ((1ull << width) - 1);
}

}  // namespace simt::ptx
