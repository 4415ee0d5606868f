// matrix.cpp: ldmatrix, stmatrix and movmatrix: 8×8 matrices of 16-bit elements spread over a warp.
//
// Lane l holds the elements (l / 4, 2 (l % 4)) and the one to its right. Lanes 8 j to 8 j + 7 give
// the addresses of the rows of matrix j.
#include "lanes.h"

namespace simt::ptx {

namespace {

constexpr uint32_t kRowBytes = 16;

struct Tile {
  uint16_t at[8][8];

  uint32_t pair(unsigned lane, bool transposed) const {
    const unsigned row = lane / 4, column = lane % 4 * 2;
    return transposed ? at[column][row] | uint32_t(at[column + 1][row]) << 16
                      : at[row][column] | uint32_t(at[row][column + 1]) << 16;
  }
  void set_pair(unsigned lane, uint32_t bits, bool transposed) {
    const unsigned row = lane / 4, column = lane % 4 * 2;
    (transposed ? at[column][row] : at[row][column]) = uint16_t(bits);
    (transposed ? at[column + 1][row] : at[row][column + 1]) = uint16_t(bits >> 16);
  }
};

// The row this lane gives the address of; null if it gives none. Places: in.count registers and
// the address, or the other way round.
char* announce_row(Machine& m, const Instruction& in, unsigned place, Access how) {
  if (current_thread->lane >= 8u * in.count) return nullptr;
  const uint64_t value = m.reg[in.r[place]] + uint64_t(int64_t(in.offset[0]));
  const uint64_t row = AddressSpace(in.space[0]) == AddressSpace::shared
                           ? current_worker->shared_base + uint32_t(value)
                           : value;
  check_shared_range(row, kRowBytes, m.pc);
  access_at(row, kRowBytes, how, m.pc);
  if (row % kRowBytes)
    refuse(*current_worker, kMisaligned, row, kRowBytes, writes(how), m.pc);
  return reinterpret_cast<char*>(row);
}

// A lane and its row.
struct RowLane : Lane {
  char* row;
};

char* row_of(const Lanes& lanes, unsigned lane) { return static_cast<RowLane&>(lanes[lane]).row; }

void combine_load(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  if (!lanes.whole()) return;
  const Instruction& in = *lanes.first().in;
  for (unsigned matrix = 0; matrix < in.count; ++matrix) {
    Tile tile;
    for (unsigned row = 0; row < 8; ++row)
      std::memcpy(tile.at[row], row_of(lanes, 8 * matrix + row), kRowBytes);
    for (unsigned lane = 0; lane < 32; ++lane) lanes[lane].write(matrix, tile.pair(lane, in.mode));
  }
}

void combine_store(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  if (!lanes.whole()) return;
  const Instruction& in = *lanes.first().in;
  for (unsigned matrix = 0; matrix < in.count; ++matrix) {
    Tile tile;
    for (unsigned lane = 0; lane < 32; ++lane)
      tile.set_pair(lane, lanes[lane].read<uint32_t>(1 + matrix), in.mode);
    for (unsigned row = 0; row < 8; ++row)
      std::memcpy(row_of(lanes, 8 * matrix + row), tile.at[row], kRowBytes);
  }
}

void combine_transpose(unsigned present, void* const* data) {
  const Lanes lanes(present, data);
  if (!lanes.whole()) return;
  Tile tile;
  for (unsigned lane = 0; lane < 32; ++lane)
    tile.set_pair(lane, lanes[lane].read<uint32_t>(1), false);
  for (unsigned lane = 0; lane < 32; ++lane) lanes[lane].write(0, tile.pair(lane, true));
}

void meet_rows(Machine& m, const Instruction& in, char* row, Combine combine) {
  RowLane own{{&m, &in}, row};
  meet_whole(m, in, combine, own);
}

void load_matrix(Machine& m, const Instruction& in) {
  meet_rows(m, in, announce_row(m, in, in.count, Access::read), combine_load);
}
void store_matrix(Machine& m, const Instruction& in) {
  meet_rows(m, in, announce_row(m, in, 0, Access::write), combine_store);
}
void transpose_matrix(Machine& m, const Instruction& in) {
  meet_rows(m, in, nullptr, combine_transpose);
}

void decode_memory(Decoder& d, bool is_load) {
  const AddressSpace space = d.space();
  const int count = d.number("x");
  if (space != AddressSpace::shared && space != AddressSpace::generic) d.unsupported();
  if (count != 1 && count != 2 && count != 4) d.unsupported();
  d.in.count = uint8_t(count);
  d.type_of({Type::b16});
  if (is_load) d.outs(unsigned(count), Type::b32);
  d.address(space);
  if (!is_load) d.inputs(unsigned(count), Type::b32);
  d.finish(is_load ? load_matrix : store_matrix);
}

}  // namespace

bool decode_matrix(Decoder& d) {
  const std::string& name = d.word(0);
  if (name != "ldmatrix" && name != "stmatrix" && name != "movmatrix") return false;
  if (!d.has("sync") || !d.has("aligned") || !d.has("m8n8")) d.unsupported();
  d.in.mode = d.has("trans");
  if (name != "movmatrix") {
    decode_memory(d, name == "ldmatrix");
    return true;
  }
  if (!d.in.mode) d.unsupported();
  d.type_of({Type::b16});
  d.shape(Type::b32, {Type::b32});
  d.finish(transpose_matrix);
  return true;
}

}  // namespace simt::ptx
