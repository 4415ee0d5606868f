// launch.cpp: the calls Python makes. Workers wait for launches; Python hands one over, waits in
// short slices (so that Ctrl-C works) and may end it before its time.
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>

#include "worker.h"

namespace simt {

namespace {

constexpr uint32_t kMaxWorkers = 64;
// Going to sleep and being woken costs more than a small kernel: look out for a while first.
constexpr auto kLookOut = std::chrono::microseconds(150);

template <class Ready>
bool look_out(Ready ready) {
  const auto end = std::chrono::steady_clock::now() + kLookOut;
  while (!ready()) {
    if (std::chrono::steady_clock::now() > end) return false;
    sched_yield();  // the two may share a core
  }
  return true;
}

// On the caller's own core a worker could look out only in turns with it. The kernel moves a thread
// at once when its core is forbidden, and leaves it there when the core is allowed again.
void leave_core(int core) {
  cpu_set_t allowed, others;
  if (sched_getcpu() != core || sched_getaffinity(0, sizeof allowed, &allowed)) return;
  others = allowed;
  CPU_CLR(core, &others);
  if (!CPU_COUNT(&others) || sched_setaffinity(0, sizeof others, &others)) return;
  sched_setaffinity(0, sizeof allowed, &allowed);
}

struct Seat {
  pthread_t thread{};
  bool started = false;
  uint64_t seen = 0;  // the generation before its first launch
  Worker worker;
};

struct Host {
  std::mutex mutex;
  std::condition_variable handed_over, finished;
  Launch* launch = nullptr;  // the one under way
  std::atomic<uint64_t> generation{0};  // how many were handed over
  std::atomic<uint32_t> running{0};     // workers that have not finished it
  std::atomic<int> caller_core{-1};
  GridOrder order;
  uint64_t next_block = 0;
  std::string output;
  Seat seats[kMaxWorkers];
};

alignas(Host) char storage[sizeof(Host)];
Host* host = new (storage) Host;

void work(Worker& worker, Launch& launch) {
  try {
    prepare(worker, launch);
    run(worker, host->order, &host->next_block);
  } catch (const std::bad_alloc&) {
    record(worker, kOutOfMemory, 0);
  }
}

void hand_in(Worker& worker, Launch& launch) {
  launch.barriers += worker.barriers;
  launch.warp_meetings += worker.warp_meetings;
  launch.flops += worker.flops;
  host->output += worker.output;
  if (--host->running) return;
  launch.output = host->output.data();
  launch.output_size = host->output.size();
  host->finished.notify_all();
}

void* serve(void* argument) {
  const uint32_t seat = uint32_t(uint64_t(argument));
  Worker& worker = host->seats[seat].worker;
  use_alternate_stack();
  sigset_t all;
  sigfillset(&all);
  for (int ours : {SIGSEGV, SIGBUS, SIGFPE, SIGURG}) sigdelset(&all, ours);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);  // Ctrl-C and friends go to Python's threads
  current_worker = &worker;
  std::unique_lock<std::mutex> lock(host->mutex);
  uint64_t seen = host->seats[seat].seen;
  for (;;) {
    if (host->generation == seen) {
      lock.unlock();
      if (seat == 0) leave_core(host->caller_core);
      look_out([&] { return host->generation != seen; });
      lock.lock();
    }
    host->handed_over.wait(lock, [&] { return host->generation != seen; });
    seen = host->generation;
    Launch* launch = host->launch;
    if (!launch || seat >= launch->workers) continue;
    lock.unlock();
    work(worker, *launch);
    lock.lock();
    hand_in(worker, *launch);
  }
  return nullptr;
}

bool start(uint32_t seat) {
  if (host->seats[seat].started) return true;
  host->seats[seat].seen = host->generation;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  void* argument = reinterpret_cast<void*>(uint64_t(seat));
  host->seats[seat].started =
      pthread_create(&host->seats[seat].thread, &attributes, serve, argument) == 0;
  pthread_attr_destroy(&attributes);
  return host->seats[seat].started;
}

// A forked child has no workers, and its locks may be held by threads it does not have.
void forget_workers_after_fork() { host = new (storage) Host; }

void signal_workers(uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) pthread_kill(host->seats[i].thread, SIGURG);
}

}  // namespace

}  // namespace simt

extern "C" {

// Begins a launch; 0 when no worker could be started. The caller holds Python's launch lock.
int simt_start(simt::Launch* launch) {
  using simt::host;
  std::unique_lock<std::mutex> lock(host->mutex);
  static const int registered = pthread_atfork(nullptr, nullptr, simt::forget_workers_after_fork);
  (void)registered;
  if (launch->workers > simt::kMaxWorkers) launch->workers = simt::kMaxWorkers;
  const uint64_t generation = host->generation + 1;
  uint32_t started = 0;
  while (started < launch->workers && simt::start(started)) ++started;
  if (!started) return 0;
  launch->workers = started;
  host->caller_core = sched_getcpu();
  simt::install_handlers();
  host->order = simt::grid_order(*launch);
  host->next_block = 0;
  host->output.clear();
  host->running = started;
  host->launch = launch;
  host->generation = generation;
  host->handed_over.notify_all();
  return 1;
}

// Waits up to `seconds`; 1 when no launch is under way (any more).
int simt_wait(double seconds) {
  using simt::host;
  simt::look_out([] { return host->running == 0; });
  std::unique_lock<std::mutex> lock(host->mutex);
  const auto slice = std::chrono::duration<double>(seconds);
  if (!host->finished.wait_for(lock, slice, [] { return host->running == 0; })) {
    if (host->launch->preempt) simt::signal_workers(host->launch->workers);
    return 0;
  }
  if (host->launch) simt::restore_handlers();
  host->launch = nullptr;
  return 1;
}

// Stops `launch` if it is under way, and returns when it has ended. A signal interrupts a loop that
// calls nothing; it is sent again until it meets the kernel's own code.
void simt_finish(simt::Launch* launch, uint32_t kind) {
  using simt::host;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(host->mutex);
      if (host->launch != launch) return;
      if (host->running) {
        uint32_t none = 0;
        __atomic_compare_exchange_n(&host->launch->stop, &none, kind, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        simt::signal_workers(host->launch->workers);
      }
    }
    if (simt_wait(0.01)) return;
  }
}

}  // extern "C"
