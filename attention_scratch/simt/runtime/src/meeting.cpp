// meeting.cpp: the lanes of a warp meet: shuffles, votes, matrix instructions, __syncwarp.
#include <cstdio>
#include <cstring>

#include "block.h"
#include "worker.h"

namespace simt {

namespace {

void release(Block& block, Warp& warp, Meeting& meeting) {
  Worker& worker = *block.worker;
  if (meeting.combine)
    meeting.combine(meeting.arrived, warp.data);
  else if (worker.launch->checked)
    order_warp(block, warp, meeting.arrived);
  for (uint32_t lanes = meeting.arrived; lanes; lanes &= lanes - 1)
    block.state[warp.first + uint32_t(__builtin_ctz(lanes))] = State::ready;
  meeting = warp.meetings[--warp.meeting_count];
  ++worker.warp_meetings;
}

// Lanes that have exited are not waited for.
bool complete(const Warp& warp, const Meeting& meeting) {
  const uint32_t needed = meeting.mask & warp.live;
  return meeting.arrived && (meeting.arrived & needed) == needed;
}

Meeting& meeting_of(Warp& warp, uint32_t mask, const char* name, Combine combine, uint64_t pc) {
  for (uint32_t i = 0; i < warp.meeting_count; ++i)
    if (warp.meetings[i].mask == mask) return warp.meetings[i];
  Meeting& meeting = warp.meetings[warp.meeting_count++];
  meeting = {mask, 0, combine, name, pc};
  return meeting;
}

void check_mask(const Thread& thread, uint32_t mask, const char* name, uint64_t pc) {
  if (mask >> thread.lane & 1) return;
  fail_at(kWarpMask, pc, "%s|%u|%u", name, thread.lane, mask);
}

}  // namespace

void complete_meetings(Block& block, Warp& warp) {
  for (uint32_t i = warp.meeting_count; i-- > 0;)
    if (complete(warp, warp.meetings[i])) release(block, warp, warp.meetings[i]);
}

void meet_warp_at(uint32_t mask, const char* name, void* data, Combine combine, uint64_t pc) {
  Thread& thread = *current_thread;
  Block& block = *thread.block;
  Warp& warp = block.warp[thread.warp];
  check_mask(thread, mask, name, pc);
  const bool traced = block.worker->launch->events != nullptr;
  if (traced) trace(*block.worker, thread, EventKind::at_warp, pc);
  Meeting& meeting = meeting_of(warp, mask, name, combine, pc);
  if (meeting.combine != combine || std::strcmp(meeting.name, name) != 0) {
    if (Finding* finding = record(*block.worker, kWarpDivergence, pc, meeting.pc)) {
      const uint32_t lane = uint32_t(__builtin_ctz(meeting.arrived));
      name_thread(block.thread[warp.first + lane], finding->other_thread, finding->other_block);
      std::snprintf(finding->text, sizeof finding->text, "%s|%s", name, meeting.name);
    }
    abandon_thread();
  }
  warp.data[thread.lane] = data;
  meeting.arrived |= 1u << thread.lane;
  thread.waits_for = name;
  block.state[thread.linear] = State::at_warp;
  block.wait_pc[thread.linear] = pc;
  if (block.worker->launch->checked) report_suspicion(thread);
  if (complete(warp, meeting))
    release(block, warp, meeting);
  else
    park(block, State::at_warp, pc);
  if (traced) trace(*block.worker, thread, EventKind::past_warp, pc);
}

#define SIMT_PC uint64_t(__builtin_return_address(0))

void meet_warp(unsigned mask, const char* name, void* data, Combine combine) {
  RuntimeSection section;
  meet_warp_at(mask, name, data, combine, SIMT_PC);
}

void sync_warp(unsigned mask) {
  RuntimeSection section;
  meet_warp_at(mask, "__syncwarp()", nullptr, nullptr, SIMT_PC);
}

// No lane of the warp can go on: those that arrived at one place together are what a device's warp
// would have there.
bool converge(Block& block, Warp& warp) {
  uint32_t lanes = 0;
  uint64_t pc = 0;
  for (uint32_t i = 0; i < warp.count; ++i) {
    const uint32_t t = warp.first + i;
    if (block.state[t] != State::converging) continue;
    if (!lanes) pc = block.wait_pc[t];
    if (block.wait_pc[t] == pc) lanes |= 1u << i;
  }
  for (uint32_t left = lanes; left; left &= left - 1) {
    const uint32_t t = warp.first + uint32_t(__builtin_ctz(left));
    block.thread[t].converged = lanes;
    block.state[t] = State::ready;
  }
  return lanes != 0;
}

uint32_t converge_at(const char* name, uint64_t pc) {
  Thread& thread = *current_thread;
  thread.waits_for = name;
  park(*thread.block, State::converging, pc);
  ++current_worker->warp_meetings;
  return thread.converged;
}

unsigned converged_lanes(const char* name) {
  RuntimeSection section;
  return converge_at(name, SIMT_PC);
}

void inactive_source(unsigned lane) {
  RuntimeSection section;
  if (!section.worker.launch->checked || current_thread->block->quiet) return;
  if (Finding* finding = record(section.worker, kInactiveLane, SIMT_PC))
    std::snprintf(finding->text, sizeof finding->text, "%s|%u", current_thread->waits_for, lane);
}

}  // namespace simt
