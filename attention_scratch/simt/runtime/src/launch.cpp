// launch.cpp: the calls Python makes. One worker waits for launches; Python hands one over, waits
// in short slices (so that Ctrl-C works) and may end it before its time.
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>

#include "worker.h"

namespace simt {

namespace {

constexpr size_t kStackBytes = 8 << 20, kGuardBytes = 64 << 10;

struct Host {
  std::mutex mutex;
  std::condition_variable handed_over, finished;
  Launch* launch = nullptr;  // the one under way
  bool done = true, started = false;
  pthread_t thread{};
  Worker worker;
};

alignas(Host) char storage[sizeof(Host)];
Host* host = new (storage) Host;

void* serve(void*) {
  use_alternate_stack();
  sigset_t all;
  sigfillset(&all);
  for (int ours : {SIGSEGV, SIGBUS, SIGFPE, SIGURG}) sigdelset(&all, ours);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);  // Ctrl-C and friends go to Python's threads
  current_worker = &host->worker;
  std::unique_lock<std::mutex> lock(host->mutex);
  for (;;) {
    host->handed_over.wait(lock, [] { return !host->done; });
    Launch& launch = *host->launch;
    lock.unlock();
    try {
      prepare(host->worker, launch);
      run(host->worker);
    } catch (const std::bad_alloc&) {
      record(host->worker, kOutOfMemory, 0);
    }
    launch.output = host->worker.output.data();
    launch.output_size = host->worker.output.size();
    lock.lock();
    host->done = true;
    host->finished.notify_all();
  }
  return nullptr;
}

bool start_worker() {
  char* base = static_cast<char*>(mmap(nullptr, kStackBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (base == MAP_FAILED) return false;
  mprotect(base, kGuardBytes, PROT_NONE);
  host->worker.stack_lo = base + kGuardBytes;
  host->worker.stack_hi = base + kGuardBytes + kStackBytes;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, host->worker.stack_lo, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const bool created = pthread_create(&host->thread, &attributes, serve, nullptr) == 0;
  pthread_attr_destroy(&attributes);
  return created;
}

// A forked child has no worker thread, and its locks may be held by threads it does not have.
void forget_worker_after_fork() { host = new (storage) Host; }

}  // namespace

}  // namespace simt

extern "C" {

// Begins a launch; 0 when no worker could be started. The caller holds Python's launch lock.
int simt_start(simt::Launch* launch) {
  using simt::host;
  std::unique_lock<std::mutex> lock(host->mutex);
  if (!host->started) {
    static const int registered = pthread_atfork(nullptr, nullptr, simt::forget_worker_after_fork);
    (void)registered;
    if (!simt::start_worker()) return 0;
    host->started = true;
  }
  simt::install_handlers();
  host->launch = launch;
  host->done = false;
  host->handed_over.notify_one();
  return 1;
}

// Waits up to `seconds`; 1 when no launch is under way (any more).
int simt_wait(double seconds) {
  using simt::host;
  std::unique_lock<std::mutex> lock(host->mutex);
  const auto slice = std::chrono::duration<double>(seconds);
  if (!host->finished.wait_for(lock, slice, [] { return host->done; })) return 0;
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
      if (!host->done) {
        uint32_t none = 0;
        __atomic_compare_exchange_n(&host->launch->stop, &none, kind, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        pthread_kill(host->thread, SIGURG);
      }
    }
    if (simt_wait(0.01)) return;
  }
}

}  // extern "C"
