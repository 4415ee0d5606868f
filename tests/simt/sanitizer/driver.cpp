// driver.cpp: launches on several workers, without Python, for ThreadSanitizer to watch.
#include <cstdio>
#include <cstring>

#include "abi.h"
#include "services.h"

extern "C" {
int simt_start(simt::Launch* launch);
int simt_wait(double seconds);
void simt_finish(simt::Launch* launch, uint32_t kind);
}

namespace simt {
void sync_block(unsigned id, unsigned threads);
void sync_warp(unsigned mask);
unsigned linear_thread();
unsigned block_idx_x();
unsigned long long change_atomically(void* address, unsigned bytes,
                                     unsigned long long (*change)(unsigned long long, const void*),
                                     const void* operand);
int print(const char* format, ...);
}  // namespace simt

namespace {

constexpr uint32_t kBlocks = 200, kThreads = 96;
thread_local unsigned shared[kThreads];
unsigned long long total;
unsigned results[kBlocks * kThreads];

unsigned long long add(unsigned long long old, const void* operand) {
  return old + *static_cast<const unsigned*>(operand);
}

void kernel(void**) {
  const unsigned thread = simt::linear_thread(), block = simt::block_idx_x();
  shared[thread] = block + thread;
  simt::sync_block(0, 0);
  const unsigned other = shared[kThreads - 1 - thread];
  simt::sync_warp(~0u);
  results[block * kThreads + thread] = other;
  const unsigned one = 1;
  simt::change_atomically(&total, 8, add, &one);
  if (thread == 0 && block % 50 == 0) simt::print("block %u\n", block);
}

}  // namespace

int main() {
  simt::Finding findings[8];
  for (int round = 0; round < 20; ++round) {
    simt::Launch launch;
    std::memset(&launch, 0, sizeof launch);
    launch.entry = kernel;
    launch.grid[0] = kBlocks;
    launch.grid[1] = launch.grid[2] = launch.block[1] = launch.block[2] = 1;
    launch.block[0] = kThreads;
    launch.order = round % 3;
    launch.seed = round;
    launch.workers = 1 + round % 4;
    launch.findings = findings;
    launch.max_findings = 8;
    if (!simt_start(&launch)) return 2;
    while (!simt_wait(0.01)) {
    }
    simt_finish(&launch, simt::kInterrupted);
    for (uint32_t i = 0; i < kBlocks * kThreads; ++i)
      if (results[i] != i / kThreads + kThreads - 1 - i % kThreads) return 3;
  }
  if (total != 20ull * kBlocks * kThreads) return 4;
  std::puts("done");
  return 0;
}
