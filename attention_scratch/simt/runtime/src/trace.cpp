// trace.cpp: what the threads of one block did, in the order in which they did it.
#include "worker.h"

namespace simt {

void trace(Worker& worker, const Thread& thread, EventKind kind, uint64_t pc, const Place& place,
           uint32_t size) {
  Launch& launch = *worker.launch;
  if (thread.block->linear != launch.traced_block) return;
  if (launch.event_count == launch.max_events) {
    launch.inexact = 1;
    return;
  }
  Event& event = launch.events[launch.event_count++];
  event.pc = pc;
  event.offset = place.space == kNowhere ? 0 : place.offset;
  event.block = uint32_t(thread.block->linear);
  event.thread = uint16_t(thread.linear);
  event.kind = uint8_t(kind);
  event.space = uint8_t(place.space);
  event.region = place.region;
  event.size = size;
}

}  // namespace simt
