// shadow.h: what the race detector remembers of each element of memory.
#pragma once
#include <cstdint>
#include <vector>

namespace simt {

// The last writer of one element, and a summary of those who have read it since.
struct Shadow {
  uint32_t write_block, write_epoch, write_pc;  // blocks + 1; 0: never
  uint32_t read_block, read_epoch, read_pc, read_warps;
  uint16_t write_thread : 11, write_is_atomic : 1;
  uint16_t in_flight : 1;  // an asynchronous copy to here has begun and not landed
  uint16_t read_thread : 11, many_readers : 1;
  uint16_t plain_reader : 1;  // one of the readers was not an atomic access
};
static_assert(sizeof(Shadow) == 32);

// The elements of a variable in shared memory. Their type is not known here: a word of four bytes
// is one element until somebody touches a part of it, and from then on four.
class SharedShadow {
 public:
  explicit SharedShadow(uint32_t bytes = 0)
      : words_((bytes + kWord - 1) / kWord), parts_of_(words_.size(), 0) {}

  // Calls look(Shadow&) for each element in `bytes` bytes from `offset` on.
  template <class Look>
  void each(uint64_t offset, uint32_t bytes, Look look) {
    const uint64_t end = offset + bytes;
    for (uint64_t at = offset; at < end;) {
      const uint64_t word = at / kWord, next = (word + 1) * kWord;
      if (!parts_of_[word] && at % kWord == 0 && next <= end) {
        look(words_[word]);
        at = next;
        continue;
      }
      const uint64_t parts = split(word);
      for (; at < end && at < next; ++at) look(parts_[parts + at % kWord]);
    }
  }

  // The element of four bytes at `offset`; null where it is not one.
  Shadow* whole(uint64_t offset) {
    const uint64_t word = offset / kWord;
    return offset % kWord || parts_of_[word] ? nullptr : &words_[word];
  }

 private:
  static constexpr uint32_t kWord = 4;

  uint64_t split(uint64_t word) {
    if (!parts_of_[word]) {
      parts_.insert(parts_.end(), kWord, words_[word]);
      parts_of_[word] = uint32_t(parts_.size() / kWord);
    }
    return (parts_of_[word] - 1) * uint64_t{kWord};
  }

  std::vector<Shadow> words_, parts_;
  std::vector<uint32_t> parts_of_;  // [word]: 1 + the place of its four parts; 0: whole
};

}  // namespace simt
