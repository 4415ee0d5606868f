// device.cpp: what a kernel asks of its surroundings: who am I, printf, assert.
#include <cstdarg>
#include <cstdio>

#include "worker.h"

namespace simt {

#define SIMT_INDEX(name, member)                              \
  unsigned name##_x() { return current_worker->at.member.x; } \
  unsigned name##_y() { return current_worker->at.member.y; } \
  unsigned name##_z() { return current_worker->at.member.z; }
SIMT_INDEX(thread_idx, thread)
SIMT_INDEX(block_idx, block)
SIMT_INDEX(block_dim, block_dim)
SIMT_INDEX(grid_dim, grid_dim)

// As on a GPU, output beyond a fixed buffer is lost; the launch still succeeds.
constexpr size_t kPrintfBytes = 1 << 20;

int print(const char* format, ...) {
  Worker& worker = *current_worker;
  worker.in_runtime = true;
  char line[4096];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0) {
    const size_t kept = size_t(length) < sizeof line ? size_t(length) : sizeof line - 1;
    if (worker.output.size() + kept <= kPrintfBytes) worker.output.append(line, kept);
  }
  worker.in_runtime = false;
  return length;
}

void fail(const char* text) {
  Worker& worker = *current_worker;
  worker.in_runtime = true;
  const uint64_t pc = uint64_t(__builtin_return_address(0));
  if (Finding* finding = record(worker, kAssertion, pc))
    std::snprintf(finding->text, sizeof finding->text, "%s", text);
  abandon_thread(worker);
}

}  // namespace simt
