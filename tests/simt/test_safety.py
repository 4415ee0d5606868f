"""A kernel that goes wrong never takes Python with it, and never hangs it."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.simt.compile import toolchain

ENDLESS = r"""
extern "C" __global__ void quiet(int n) {
  while (n) {
  }
}
extern "C" __global__ void busy(float* out, int n) {
  while (n) out[0] += 1.0f;
}
"""
SET = 'extern "C" __global__ void set(int* out, int i) { out[i] = 7; }'
DEEP = r"""
__device__ int depth(int n) {
  volatile int room[64];
  room[n % 64] = n;
  return n ? depth(n - 1) + room[n % 64] : 0;
}
extern "C" __global__ void deep(int* out, int n) { out[0] = depth(n); }
"""


def works() -> bool:
    out = np.zeros(3, np.int32)
    simt.RawModule(SET).get_function("set")(1, 1, (out, 1))
    return bool(out[1] == 7)


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
@pytest.mark.parametrize("name", ["quiet", "busy"])
def test_an_endless_loop_ends_at_the_time_limit_and_names_its_line(
    name: str, checked: bool
) -> None:
    args = (1,) if name == "quiet" else (np.zeros(1, np.float32), 1)
    start = time.monotonic()
    with pytest.raises(simt.KernelError, match="time limit") as caught:
        simt.RawModule(ENDLESS).get_function(name)(1, 1, args, time_limit=0.2, checked=checked)
    assert time.monotonic() - start < 10
    (found,) = caught.value.findings
    assert found.kind == "time-limit"
    if not (name == "quiet" and toolchain.compiler().is_clang):  # clang gives that loop no line
        assert found.place.line in ((3, 4) if name == "quiet" else (7,))
    assert works()


@pytest.mark.parametrize("index", [-(2**31), -(10**6), -5000, 5000, 10**6, 2**31 - 1])
def test_a_wild_index_is_a_finding_and_python_lives(index: int) -> None:
    with pytest.raises(simt.KernelError) as caught:
        simt.RawModule(SET).get_function("set")(1, 1, (np.zeros(3, np.int32), index))
    (found,) = caught.value.findings
    assert (found.kind, found.array, found.index) == ("out-of-bounds", "out", index)
    assert works()


def test_a_null_pointer_is_a_finding() -> None:
    code = 'extern "C" __global__ void k(int n) { *(volatile int*)(long long)n = 1; }'
    with pytest.raises(simt.KernelError, match="belongs to no array"):
        simt.RawModule(code).get_function("k")(1, 1, (0,))
    assert works()


def test_recursion_without_end_is_a_finding() -> None:
    kernel = simt.RawModule(DEEP).get_function("deep")
    out = np.zeros(1, np.int32)
    kernel(1, 1, (out, 3))
    assert out[0] == 6
    with pytest.raises(simt.KernelError, match="stack"):
        kernel(1, 1, (out, 10**8))
    assert works()


def test_division_of_integers_by_zero_is_a_finding() -> None:
    code = 'extern "C" __global__ void k(int* out, int n) { out[0] = 100 / n; }'
    if os.uname().machine != "x86_64":
        pytest.skip("only x86 processors stop at a division by zero")
    with pytest.raises(simt.KernelError, match="division by zero"):
        simt.RawModule(code).get_function("k")(1, 1, (np.zeros(1, np.int32), 0))
    assert works()


def test_an_interrupt_stops_the_kernel_and_keeps_the_arrays() -> None:
    out = np.zeros(1, np.float32)
    kernel = simt.RawModule(ENDLESS).get_function("busy")
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        kernel(1, 1, (out, 1))
    assert out[0] == 0
    assert works()


def test_an_alarm_that_keeps_ringing_leaves_nothing_running() -> None:
    class RungError(BaseException):
        pass

    def ring(*_: object) -> None:
        raise RungError

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.02)
        with pytest.raises(RungError):
            simt.RawModule(ENDLESS).get_function("quiet")(1, 1, (1,))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert works()


def test_threads_of_python_may_launch_at_the_same_time() -> None:
    kernel = simt.RawModule(SET).get_function("set")
    results = [np.zeros(50, np.int32) for _ in range(4)]

    def launch(out: np.ndarray) -> None:
        for i in range(50):
            kernel(1, 1, (out, i))

    threads = [threading.Thread(target=launch, args=(out,)) for out in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((out == 7).all() for out in results)


def test_a_forked_child_can_launch() -> None:
    assert works()
    child = os.fork()
    if child == 0:
        os._exit(0 if works() else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_signal_handlers_are_given_back() -> None:
    caught = []
    previous = signal.signal(signal.SIGURG, lambda *_: caught.append(True))
    try:
        assert works()
        os.kill(os.getpid(), signal.SIGURG)
        assert caught == [True]
    finally:
        signal.signal(signal.SIGURG, previous)
