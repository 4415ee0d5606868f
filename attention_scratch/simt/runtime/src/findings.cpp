// findings.cpp: the list of diagnoses of a launch.
#include <cstring>

#include "worker.h"

namespace simt {

// Runs inside signal handlers too, so it allocates nothing: Python hands over the room.
Finding* record(Worker& worker, Kind kind, uint64_t pc, uint64_t other_pc, int region) {
  Launch& launch = *worker.launch;
  for (uint32_t i = 0; i < launch.finding_count; ++i) {
    Finding& known = launch.findings[i];
    if (known.kind == kind && known.pc == pc && known.other_pc == other_pc &&
        known.region == region) {
      ++known.count;
      return nullptr;
    }
  }
  if (launch.finding_count == launch.max_findings) return nullptr;
  Finding& finding = launch.findings[launch.finding_count++];
  finding = Finding{};
  finding.kind = kind;
  finding.count = 1;
  finding.pc = pc;
  finding.other_pc = other_pc;
  finding.region = region;
  std::memcpy(finding.thread, &worker.at.thread, sizeof finding.thread);
  std::memcpy(finding.block, &worker.at.block, sizeof finding.block);
  return &finding;
}

int nearest_region(const Launch& launch, uint64_t address) {
  int nearest = -1;
  uint64_t least = UINT64_MAX;
  for (uint32_t i = 0; i < launch.region_count; ++i) {
    const Region& region = launch.regions[i];
    const uint64_t distance = address < region.lo   ? region.lo - address
                              : address < region.hi ? 0
                                                    : address - region.hi + 1;
    if (distance < least) {
      least = distance;
      nearest = int(i);
    }
  }
  // Arrays lie many gigabytes apart; farther than that, the address belongs to none of them.
  return least < (uint64_t{1} << 34) ? nearest : -1;
}

void locate(const Launch& launch, Finding& finding, uint64_t address) {
  finding.address = address;
  finding.region = nearest_region(launch, address);
  if (finding.region >= 0) finding.offset = int64_t(address - launch.regions[finding.region].lo);
}

}  // namespace simt
