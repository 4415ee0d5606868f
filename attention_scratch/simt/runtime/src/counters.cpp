// counters.cpp: memory requests, 32-byte sectors and passes through the banks of shared memory,
// counted as a GPU's profiler counts them; and how often each basic block ran.
//
// The lanes of a warp run one after another here, so a request is put together afterwards: the k-th
// execution of one instruction by each lane of a warp since the warp last waited is one request.
#include <algorithm>
#include <cstring>

#include "worker.h"

namespace simt {

namespace {

constexpr uint64_t kSectorBytes = 32;
constexpr uint32_t kBanks = 32, kBankBytes = 4;
constexpr uint32_t kMaxRequestsPerWarp = 1u << 21;  // per site: half a gigabyte of addresses

int site_of(Worker& worker, const Place& place, uint32_t size, uint32_t how, uint64_t pc) {
  Launch& launch = *worker.launch;
  int32_t* link = &worker.first_site[pc - launch.module_lo];
  if (*link < 0) worker.used_code.push_back(pc - launch.module_lo);
  while (*link >= 0) {
    Site& site = launch.sites[*link];
    if (site.space == place.space && site.region == place.region && site.size == size &&
        site.how == how)
      return *link;
    link = &site.next;
  }
  if (launch.site_count == launch.max_sites) {
    launch.inexact = 1;
    return -1;
  }
  const int index = int(launch.site_count++);
  Site site{};
  site.pc = pc;
  site.size = size;
  site.how = how;
  site.space = place.space;
  site.region = place.region;
  site.next = -1;
  launch.sites[index] = site;
  *link = index;
  worker.pending.emplace_back();
  return index;
}

uint64_t count_distinct(std::vector<uint64_t>& values) {
  std::sort(values.begin(), values.end());
  return uint64_t(std::unique(values.begin(), values.end()) - values.begin());
}

void add_global(const Request& request, Site& site) {
  static thread_local std::vector<uint64_t> sectors, bytes;
  sectors.clear();
  bytes.clear();
  for (uint32_t lanes = request.mask; lanes; lanes &= lanes - 1) {
    const uint64_t address = request.address[__builtin_ctz(lanes)];
    bytes.push_back(address);
    for (uint64_t s = address / kSectorBytes; s <= (address + site.size - 1) / kSectorBytes; ++s)
      sectors.push_back(s);
  }
  site.sectors += count_distinct(sectors);
  site.ideal += (count_distinct(bytes) * site.size + kSectorBytes - 1) / kSectorBytes;
}

// 32 banks of 4 bytes deliver one word each at a time; lanes that ask for the same word share it.
// Wide accesses go out in two or four portions of lanes, each of at most 128 bytes.
void add_shared(const Request& request, uint64_t base, Site& site) {
  static thread_local std::vector<uint64_t> words;
  const uint32_t portion = site.size <= 4 ? 32 : site.size <= 8 ? 16 : 8;
  for (uint32_t first = 0; first < kWarpSize; first += portion) {
    words.clear();
    for (uint32_t lane = first; lane < first + portion; ++lane) {
      if (!(request.mask >> lane & 1)) continue;
      const uint64_t start = request.address[lane] - base;
      for (uint64_t w = start / kBankBytes; w <= (start + site.size - 1) / kBankBytes; ++w)
        words.push_back(w);
    }
    const uint64_t distinct = count_distinct(words);
    uint32_t load[kBanks] = {}, worst = 0;
    for (uint64_t i = 0; i < distinct; ++i) worst = std::max(worst, ++load[words[i] % kBanks]);
    site.wavefronts += worst;
    site.ideal += (distinct + kBanks - 1) / kBanks;
  }
}

int basic_block_of(Worker& worker, uint64_t pc) {
  Launch& launch = *worker.launch;
  int32_t& known = worker.basic_block_of[pc - launch.module_lo];
  if (known >= 0) return known;
  if (launch.basic_block_count == launch.max_basic_blocks) {
    launch.inexact = 1;
    return -1;
  }
  worker.used_code.push_back(pc - launch.module_lo);
  known = int(launch.basic_block_count++);
  launch.basic_blocks[known] = {pc, 0, 0};
  worker.runs.push_back({});
  return known;
}

}  // namespace

void prepare_counters(Worker& worker) {
  const Launch& launch = *worker.launch;
  for (uint64_t offset : worker.used_code)
    worker.first_site[offset] = worker.basic_block_of[offset] = -1;
  worker.used_code.clear();
  const uint64_t bytes = launch.module_hi - launch.module_lo;
  if (worker.first_site.size() < bytes) {
    worker.first_site.resize(bytes, -1);
    worker.basic_block_of.resize(bytes, -1);
  }
  worker.pending.clear();
  worker.runs.clear();
  worker.touched_sites.clear();
  worker.touched_basic_blocks.clear();
}

void count_access(Worker& worker, const Place& place, uint64_t address, uint32_t size, Access how,
                  uint64_t pc) {
  if (!worker.launch->sites) return;
  const uint32_t kind = how == Access::atomic ? 2 : writes(how);
  const int index = site_of(worker, place, size, kind, pc);
  if (index < 0) return;
  SiteRequests& site = worker.pending[uint32_t(index)];
  if (site.requests.empty()) {
    worker.touched_sites.push_back(uint32_t(index));
    std::memset(site.executions, 0, sizeof site.executions);
  }
  const uint32_t lane = current_thread->lane;
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

// One call before each basic block: -fsanitize-coverage=trace-pc.
void count_basic_block(uint64_t pc) {
  Worker* worker = current_worker;
  if (!worker || !worker->in_kernel || !worker->launch->basic_blocks) return;
  RuntimeSection section;
  const int index = basic_block_of(*worker, pc);
  if (index < 0) return;
  BasicBlockRuns& runs = worker->runs[uint32_t(index)];
  if (!runs.touched) worker->touched_basic_blocks.push_back(uint32_t(index));
  runs.touched = true;
  ++runs.runs[current_thread->lane];
}

void flush_warp(Worker& worker) {
  Launch& launch = *worker.launch;
  for (uint32_t index : worker.touched_sites) {
    Site& site = launch.sites[index];
    auto& requests = worker.pending[index].requests;
    for (const Request& request : requests) {
      site.lanes += uint64_t(__builtin_popcount(request.mask));
      ++site.requests;
      if (site.space == kShared)
        add_shared(request, worker.shared_base, site);
      else
        add_global(request, site);
    }
    requests.clear();
  }
  worker.touched_sites.clear();
  for (uint32_t index : worker.touched_basic_blocks) {
    BasicBlockRuns& runs = worker.runs[index];
    BasicBlock& block = launch.basic_blocks[index];
    block.warps += *std::max_element(runs.runs, runs.runs + kWarpSize);
    for (uint32_t& lane : runs.runs) {
      block.lanes += lane;
      lane = 0;
    }
    runs.touched = false;
  }
  worker.touched_basic_blocks.clear();
}

}  // namespace simt
