// hooks.cpp: the functions that instrumented kernels call.
//
// A checked kernel is compiled with -fsanitize=thread but linked without libtsan: its calls before
// each load and store arrive here. Locals kept in registers are not instrumented, so what arrives
// is what a GPU would send to memory. The return address names the instruction.
#include "worker.h"

#define SIMT_PC uint64_t(__builtin_return_address(0))
#define SIMT_ACCESS(name, size, how) \
  void name(void* address) { simt::on_access(uint64_t(address), size, simt::Access::how, SIMT_PC); }
#define SIMT_VOLATILE_READ(name, size)                                                    \
  void name(void* address) {                                                              \
    simt::on_access(uint64_t(address), size, simt::Access::volatile_read, SIMT_PC);       \
    simt::give_way_if_waiting(SIMT_PC);                                                   \
  }
#define SIMT_ACCESSES(size)                                                      \
  SIMT_ACCESS(__tsan_read##size, size, read)                                     \
  SIMT_ACCESS(__tsan_write##size, size, write)                                   \
  SIMT_ACCESS(__tsan_unaligned_read##size, size, read)                           \
  SIMT_ACCESS(__tsan_unaligned_write##size, size, write)                         \
  SIMT_VOLATILE_READ(__tsan_volatile_read##size, size)                           \
  SIMT_ACCESS(__tsan_volatile_write##size, size, volatile_write)                 \
  SIMT_VOLATILE_READ(__tsan_unaligned_volatile_read##size, size)                 \
  SIMT_ACCESS(__tsan_unaligned_volatile_write##size, size, volatile_write)

extern "C" {

SIMT_ACCESSES(1)
SIMT_ACCESSES(2)
SIMT_ACCESSES(4)
SIMT_ACCESSES(8)
SIMT_ACCESSES(16)

void __tsan_read_range(void* address, size_t size) {
  simt::on_access(uint64_t(address), uint32_t(size), simt::Access::read, SIMT_PC);
}
void __tsan_write_range(void* address, size_t size) {
  simt::on_access(uint64_t(address), uint32_t(size), simt::Access::write, SIMT_PC);
}
// Structures are copied by calls of memcpy, under this name from clang 15 on. Before that, and
// where g++ makes such a call, the linker's --wrap leads here.
void* __tsan_memcpy(void* to, const void* from, size_t size) {
  simt::on_access(uint64_t(from), uint32_t(size), simt::Access::read, SIMT_PC);
  simt::on_access(uint64_t(to), uint32_t(size), simt::Access::write, SIMT_PC);
  return __builtin_memcpy(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size) {
  simt::on_access(uint64_t(to), uint32_t(size), simt::Access::write, SIMT_PC);
  return __builtin_memset(to, value, size);
}
void* __wrap_memcpy(void* to, const void* from, size_t size) {
  simt::on_access(uint64_t(from), uint32_t(size), simt::Access::read, SIMT_PC);
  simt::on_access(uint64_t(to), uint32_t(size), simt::Access::write, SIMT_PC);
  return __builtin_memcpy(to, from, size);
}
void* __wrap_memset(void* to, int value, size_t size) {
  simt::on_access(uint64_t(to), uint32_t(size), simt::Access::write, SIMT_PC);
  return __builtin_memset(to, value, size);
}
void simt_copy_vector(void* to, const void* from, unsigned size) {  // see vectors.h
  simt::on_access(uint64_t(from), size, simt::Access::read, SIMT_PC);
  simt::on_access(uint64_t(to), size, simt::Access::write, SIMT_PC);
  __builtin_memcpy(to, from, size);
}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}

// -fsanitize=bounds: an index outside its own array dimension, local arrays included. The compiler
// passes a description whose second part is the array's type.
struct BoundsType {
  uint16_t kind, info;
  char name[1];
};
struct BoundsSite {
  const char* file;
  uint32_t line, column;
  BoundsType *array, *index;
};
void __ubsan_handle_out_of_bounds(BoundsSite* site, uint64_t index) {
  simt::RuntimeSection section;
  simt::fail_at(simt::kLocalIndex, SIMT_PC, "%lld|%s", (long long)index, site->array->name);
}
void __ubsan_handle_out_of_bounds_abort(BoundsSite* site, uint64_t index) {
  __ubsan_handle_out_of_bounds(site, index);
}

// -fsanitize-coverage=trace-pc: before each basic block.
void __sanitizer_cov_trace_pc() { simt::count_basic_block(SIMT_PC); }

}  // extern "C"
