// faults.cpp: a kernel that touches forbidden memory, divides by zero or never ends is taken off
// the worker, and Python goes on.
//
// Arrays lie between inaccessible pages, so a wild index raises SIGSEGV even where no access is
// checked. SIGURG carries the time limit: the system ignores it by default, so one that arrives
// late does no harm.
#include <ucontext.h>

#include <csignal>
#include <cstdlib>
#include <mutex>

#include "worker.h"

namespace simt {

namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGURG};
struct sigaction previous[4];

uint64_t faulting_pc(void* context) {
#if defined(__x86_64__)
  return uint64_t(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<ucontext_t*>(context)->uc_mcontext.pc;
#else
#error "the emulator runs on x86-64 and aarch64"
#endif
}

void give_to_previous(int signal_number) {
  for (int i = 0; i < 4; ++i)
    if (kSignals[i] == signal_number) sigaction(signal_number, &previous[i], nullptr);
}

void on_signal(int signal_number, siginfo_t* info, void* context) {
  Worker* worker = current_worker;
  const bool ours = worker && worker->in_kernel && !worker->in_runtime;
  if (signal_number == SIGURG) {
    if (!ours || !stop_wanted(*worker->launch)) return;
    stop_here(*worker, faulting_pc(context) + 1);
  }
  if (!ours) {  // not a kernel's fault: hand it on, the instruction faults again
    give_to_previous(signal_number);
    return;
  }
  const uint64_t pc = faulting_pc(context) + 1;  // + 1: as if it were a return address
  const uint64_t address = uint64_t(info->si_addr);
  const uint64_t guard = uint64_t(worker->stack_lo);
  const bool overflow = address - (guard - 65536) < 65536;
  const Kind kind = signal_number == SIGFPE ? kArithmetic
                    : overflow              ? kStackOverflow
                                            : kIllegalAddress;
  if (Finding* finding = record(*worker, kind, pc))
    if (kind == kIllegalAddress) locate(*worker->launch, *finding, address);
  __atomic_store_n(&worker->launch->stop, uint32_t(kind), __ATOMIC_RELAXED);
  abandon_thread(*worker);
}

}  // namespace

void install_handlers() {
  struct sigaction action{};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 4; ++i) sigaction(kSignals[i], &action, &previous[i]);
}

void restore_handlers() {
  for (int i = 0; i < 4; ++i) sigaction(kSignals[i], &previous[i], nullptr);
}

void use_alternate_stack() {
  constexpr size_t kBytes = 64 << 10;
  stack_t stack{};
  stack.ss_sp = std::malloc(kBytes);
  stack.ss_size = kBytes;
  sigaltstack(&stack, nullptr);
}

void stop_here(Worker& worker, uint64_t pc) {
  const Kind kind = Kind(__atomic_load_n(&worker.launch->stop, __ATOMIC_RELAXED));
  if (kind == kTimeLimit || kind == kInterrupted) record(worker, kind, pc);
  abandon_thread(worker);
}

}  // namespace simt
