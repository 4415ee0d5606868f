// counters.cpp: memory requests and 32-byte sectors, counted as a GPU's profiler counts them.
//
// The lanes of a warp run one after another here, so a request is put together afterwards: the k-th
// execution of one instruction by each lane of a warp is one request.
#include <algorithm>
#include <cstring>

#include "worker.h"

namespace simt {

namespace {

constexpr uint64_t kSectorBytes = 32;
constexpr uint32_t kMaxRequestsPerWarp = 1u << 21;  // per site: half a gigabyte of addresses

int site_of(Worker& worker, int region, uint32_t size, bool is_write, uint64_t pc) {
  Launch& launch = *worker.launch;
  int32_t* link = &worker.first_site[pc - launch.module_lo];
  while (*link >= 0) {
    Site& site = launch.sites[*link];
    if (site.region == region && site.size == size) return *link;
    link = &site.next;
  }
  if (launch.site_count == launch.max_sites) {
    launch.inexact = 1;
    return -1;
  }
  const int index = int(launch.site_count++);
  launch.sites[index] = Site{pc, 0, 0, 0, size, is_write, region, -1};
  *link = index;
  worker.pending.emplace_back();
  return index;
}

uint64_t distinct_sectors(const Request& request, uint32_t size) {
  // Lanes mostly come in rising addresses; the list stays short, so a linear search is quick.
  uint64_t sectors[kWarpSize * 2 + 8];
  std::vector<uint64_t> many;  // only an access wider than a sector can need more room
  size_t count = 0;
  for (unsigned lane = 0; lane < kWarpSize; ++lane) {
    if (!(request.mask >> lane & 1)) continue;
    const uint64_t first = request.address[lane] / kSectorBytes;
    const uint64_t last = (request.address[lane] + size - 1) / kSectorBytes;
    if (last > first + 1) {
      for (uint64_t s = first; s <= last; ++s) many.push_back(s);
      continue;
    }
    for (uint64_t s = first; s <= last; ++s) sectors[count++] = s;
  }
  if (!many.empty()) {
    many.insert(many.end(), sectors, sectors + count);
    std::sort(many.begin(), many.end());
    return uint64_t(std::unique(many.begin(), many.end()) - many.begin());
  }
  std::sort(sectors, sectors + count);
  return uint64_t(std::unique(sectors, sectors + count) - sectors);
}

}  // namespace

void prepare_counters(Worker& worker) {
  const Launch& launch = *worker.launch;
  worker.first_site.assign(launch.module_hi - launch.module_lo, -1);
  worker.pending.clear();
  worker.touched.clear();
}

void count_access(Worker& worker, int region, uint64_t address, uint32_t size, bool is_write,
                  uint64_t pc) {
  const int index = site_of(worker, region, size, is_write, pc);
  if (index < 0) return;
  SiteRequests& site = worker.pending[index];
  if (site.requests.empty()) {
    worker.touched.push_back(uint32_t(index));
    std::memset(site.executions, 0, sizeof site.executions);
  }
  const uint32_t lane = worker.at.linear_thread % kWarpSize;
  const uint32_t nth = site.executions[lane]++;
  if (nth >= kMaxRequestsPerWarp) {
    worker.launch->inexact = 1;
    return;
  }
  if (nth >= site.requests.size()) {
    site.requests.emplace_back();
    site.requests.back().mask = 0;
  }
  site.requests[nth].mask |= 1u << lane;
  site.requests[nth].address[lane] = address;
}

void flush_warp(Worker& worker) {
  for (uint32_t index : worker.touched) {
    Site& site = worker.launch->sites[index];
    auto& requests = worker.pending[index].requests;
    for (const Request& request : requests) {
      site.lanes += uint64_t(__builtin_popcount(request.mask));
      site.sectors += distinct_sectors(request, site.size);
      ++site.requests;
    }
    requests.clear();
  }
  worker.touched.clear();
}

}  // namespace simt
