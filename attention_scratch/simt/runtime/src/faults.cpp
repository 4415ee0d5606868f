// faults.cpp: a kernel that touches forbidden memory, divides by zero or never ends is taken off
// the worker, and Python goes on.
//
// Arrays lie between inaccessible pages, so a wild index raises SIGSEGV even where no access is
// checked. SIGURG carries the time limit and, where a thread may be waiting for another one in a
// loop that calls nothing, the order to make way. The system ignores it by default, so one that
// arrives late does no harm.
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
#else
  return static_cast<ucontext_t*>(context)->uc_mcontext.pc;
#endif
}

void give_to_previous(int signal_number) {
  for (int i = 0; i < 4; ++i)
    if (kSignals[i] == signal_number) sigaction(signal_number, &previous[i], nullptr);
}

bool in_kernel() { return current_worker && current_worker->in_kernel && current_thread; }

// On the interrupted thread's own stack: it may be parked here and go on later.
void on_urgent(int, siginfo_t*, void* context) {
  if (!in_kernel()) return;
  Worker& worker = *current_worker;
  const uint64_t pc = faulting_pc(context) + 1;  // + 1: as if it were a return address
  if (stop_wanted(*worker.launch)) {
    // A checked kernel mostly stops at its next access, whose line is known; a signal may meet it
    // on its way there. Only a loop without accesses needs the signal.
    constexpr uint32_t kPatience = 20;
    if (worker.launch->checked && ++worker.stop_signals < kPatience) return;
    stop_here(worker, pc);
  }
  // Only where no thread has made way for another since the last such order: what a kernel does then
  // depends on time only if it waits in vain.
  const bool stuck = worker.switches == worker.last_switches;
  worker.last_switches = worker.switches;
  if (!worker.launch->preempt || !stuck) return;
  RuntimeSection section;
  park(*current_thread->block, State::spinning, pc);
}

void on_fault(int signal_number, siginfo_t* info, void* context) {
  if (!in_kernel()) {  // not a kernel's fault: hand it on, the instruction faults again
    give_to_previous(signal_number);
    return;
  }
  Worker& worker = *current_worker;
  worker.in_kernel = false;
  const uint64_t pc = faulting_pc(context) + 1;
  const uint64_t address = uint64_t(info->si_addr);
  const Kind kind = signal_number == SIGFPE                             ? kArithmetic
                    : current_thread->block->stacks.is_guard(address) ? kStackOverflow
                                                                        : kIllegalAddress;
  if (Finding* finding = record(worker, kind, pc))
    if (kind == kIllegalAddress) locate(worker, *finding, address);
  __atomic_store_n(&worker.launch->stop, uint32_t(kind), __ATOMIC_RELAXED);
  abandon_block();
}

}  // namespace

void install_handlers() {
  struct sigaction action{};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 4; ++i) {
    const bool urgent = kSignals[i] == SIGURG;
    action.sa_sigaction = urgent ? on_urgent : on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | (urgent ? SA_RESTART : SA_ONSTACK);
    sigaction(kSignals[i], &action, &previous[i]);
  }
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
  worker.in_kernel = false;
  const Kind kind = Kind(__atomic_load_n(&worker.launch->stop, __ATOMIC_RELAXED));
  if (kind == kTimeLimit || kind == kInterrupted) record(worker, kind, pc);
  abandon_block();
}

}  // namespace simt
