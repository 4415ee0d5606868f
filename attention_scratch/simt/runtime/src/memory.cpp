// memory.cpp: room for arrays between inaccessible pages, and the address range of a module.
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace {

// Reserved addresses cost nothing. 16 GB on either side catch every 32-bit index, signed or not,
// into elements of four bytes; where addresses are rationed, less must do.
constexpr uint64_t kGuards[] = {uint64_t{16} << 30, uint64_t{1} << 28, uint64_t{1} << 20};

struct Range {
  uint64_t inside, lo, hi;
};

int find_module(dl_phdr_info* info, size_t, void* data) {
  Range& range = *static_cast<Range*>(data);
  uint64_t lo = UINT64_MAX, hi = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const uint64_t start = info->dlpi_addr + segment.p_vaddr;
    if (start < lo) lo = start;
    if (start + segment.p_memsz > hi) hi = start + segment.p_memsz;
  }
  if (range.inside < lo || range.inside >= hi) return 0;
  range.lo = lo;
  range.hi = hi;
  return 1;
}

}  // namespace

extern "C" {

struct Mapping {
  uint64_t base, length;  // all that was reserved
  uint64_t lo, hi;        // whole pages one may touch
};

// Reserves room for `bytes`; 0 when the system has none.
int simt_map(uint64_t bytes, Mapping* out) {
  const uint64_t page = uint64_t(sysconf(_SC_PAGESIZE));
  const uint64_t usable = bytes ? (bytes + page - 1) / page * page : page;
  for (const uint64_t guard : kGuards) {
    const uint64_t length = usable + 2 * guard;
    void* base =
        mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) continue;
    *out = {uint64_t(base), length, uint64_t(base) + guard, uint64_t(base) + guard + usable};
    if (mprotect(reinterpret_cast<void*>(out->lo), usable, PROT_READ | PROT_WRITE) == 0) return 1;
    munmap(base, length);
  }
  return 0;
}

void simt_protect(const Mapping* mapping, int writable) {
  mprotect(reinterpret_cast<void*>(mapping->lo), mapping->hi - mapping->lo,
           writable ? PROT_READ | PROT_WRITE : PROT_READ);
}

void simt_unmap(const Mapping* mapping) {
  munmap(reinterpret_cast<void*>(mapping->base), mapping->length);
}

// Where the module that holds `inside` is mapped: addresses in it belong to the kernel's own code.
int simt_module_range(uint64_t inside, uint64_t* lo, uint64_t* hi) {
  Range range{inside, 0, 0};
  if (!dl_iterate_phdr(find_module, &range)) return 0;
  *lo = range.lo;
  *hi = range.hi;
  return 1;
}

}  // extern "C"
