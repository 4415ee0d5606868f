"""Every planted bug is diagnosed: kind, line, array, index, thread, block and how often."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.programs import BUGS, BUGS_CODE, RIGHT, Bug, entry, line


def finding_of(bug: Bug, *, checked: bool) -> simt.Finding:
    kernel = simt.RawModule(BUGS_CODE, checked=checked).get_function(entry(bug))
    with pytest.raises(simt.KernelError) as caught:
        kernel(bug.grid, bug.threads, bug.arguments())
    return caught.value.findings[0]


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_checked_launch_names_the_bug_its_line_and_its_thread(bug: Bug) -> None:
    found = finding_of(bug, checked=True)
    assert (found.kind, found.place.line) == (bug.kind, line(bug))
    assert "BUG" in found.place.text
    assert (found.array, found.index, found.operation) == (bug.array, bug.index, bug.operation)
    assert (found.block, found.thread) == (bug.block, bug.thread)
    assert found.count == bug.count
    assert bug.also in f"{found.summary} {found.hint}"


@pytest.mark.parametrize("bug", [b for b in BUGS if b.seen_fast], ids=str)
def test_a_fast_launch_catches_it_too_and_explains_it_as_well(bug: Bug) -> None:
    assert finding_of(bug, checked=False) == finding_of(bug, checked=True)


@pytest.mark.parametrize("index", [-1, 1001])
def test_a_fast_launch_notices_a_write_right_beside_an_array(index: int) -> None:
    code = r"""
extern "C" __global__ void k(float* out, int i) {
  out[i] = 1.0f;
}"""
    kernel = simt.RawModule(code).get_function("k")
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 1, (np.zeros(1001, np.float32), index))
    (found,) = caught.value.findings
    assert (found.kind, found.array, found.index) == ("out-of-bounds", "out", index)
    assert found.place.line == 3


@pytest.mark.parametrize("order", ["forward", "reverse", "random"])
def test_a_race_is_found_whatever_the_order_of_threads(order: str) -> None:
    for bug in (b for b in BUGS if b.kind == "race"):
        kernel = simt.RawModule(BUGS_CODE, checked=True).get_function(entry(bug))
        with pytest.raises(simt.KernelError) as caught:
            kernel(bug.grid, bug.threads, bug.arguments(), order=order, seed=5)
        assert caught.value.findings[0].kind == "race", bug.name


def test_a_race_names_both_sides() -> None:
    code = r"""
extern "C" __global__ void k(float* x) {
  if (threadIdx.x == 3) x[5] = 1.0f;
  if (threadIdx.x == 8) x[0] = x[5];
}"""
    kernel = simt.RawModule(code, checked=True).get_function("k")
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 32, (np.zeros(9, np.float32),))
    (found,) = caught.value.findings
    assert (found.operation, found.thread, found.place.line) == ("read", (8, 0, 0), 4)
    assert found.conflict is not None
    other = found.conflict
    assert (other.operation, other.thread, other.place.line) == ("write", (3, 0, 0), 3)


def test_a_late_write_races_with_a_reader_that_was_not_the_first() -> None:
    code = r"""
extern "C" __global__ void k(float* x, float* out, int last) {
  out[threadIdx.x] = x[0];
  if (threadIdx.x == last) x[0] = 1.0f;
}"""
    kernel = simt.RawModule(code, checked=True).get_function("k")
    for last in (0, 31):
        for order in ("forward", "reverse"):
            x, out = np.zeros(1, np.float32), np.zeros(32, np.float32)
            with pytest.raises(simt.KernelError) as caught:
                kernel(1, 32, (x, out, last), order=order)
            assert caught.value.findings[0].kind == "race"


def test_neighboring_bytes_of_different_elements_do_not_race() -> None:
    code = r"""
extern "C" __global__ void k(unsigned char* x) { x[threadIdx.x] = threadIdx.x; }"""
    x = np.zeros(64, np.uint8)
    simt.RawModule(code, checked=True).get_function("k")(1, 64, (x,))
    assert x.tolist() == list(range(64))


def test_arrays_stay_as_they_were_when_something_is_found() -> None:
    bug = next(b for b in BUGS if b.name == "no guard")
    for checked in (False, True):
        args = bug.arguments()
        with pytest.raises(simt.KernelError, match="No array was changed"):
            simt.RawModule(BUGS_CODE, checked=checked).get_function(entry(bug))(4, 256, args)
        assert not args[2].any()


def test_two_bugs_of_one_launch_are_both_told() -> None:
    code = r"""
extern "C" __global__ void k(const float* x, float* out) {
  if (threadIdx.x == 1) out[0] = x[10];
  if (threadIdx.x == 2) out[20] = 1.0f;
}"""
    kernel = simt.RawModule(code, checked=True).get_function("k")
    with pytest.raises(simt.KernelError, match="2 findings") as caught:
        kernel(1, 4, (np.zeros(10, np.float32), np.zeros(10, np.float32)))
    assert [(f.array, f.index, f.place.line) for f in caught.value.findings] == [
        ("x", 10, 3),
        ("out", 20, 4),
    ]


def test_an_index_into_a_matrix_is_shown_by_row_and_column_too() -> None:
    code = r"""
extern "C" __global__ void k(float* x) { x[5] = threadIdx.x; }"""
    kernel = simt.RawModule(code, checked=True).get_function("k")
    with pytest.raises(simt.KernelError, match=r"x\[5\] \(row-major index \(1, 2\)\)"):
        kernel(1, 2, (np.zeros((2, 3), np.float32),))


def test_a_checked_launch_refuses_a_variable_that_outlives_it() -> None:
    code = r"""
extern "C" __global__ void k(int* x) {
  static int calls = 0;
  x[0] = ++calls;
}"""
    kernel = simt.RawModule(code, checked=True).get_function("k")
    with pytest.raises(simt.KernelError, match="outlives the launch") as caught:
        kernel(1, 1, (np.zeros(1, np.int32),))
    (found,) = caught.value.findings
    assert (found.kind, found.place.line) == ("unsupported", 4)


def test_constants_of_the_source_may_be_read() -> None:
    code = r"""
static const float weights[4] = {1.0f, 2.0f, 4.0f, 8.0f};
extern "C" __global__ void k(float* x, int i) { x[0] = weights[(i + threadIdx.x) % 4]; }"""
    x = np.zeros(1, np.float32)
    simt.RawModule(code, checked=True).get_function("k")(1, 1, (x, 3))
    assert x[0] == 8


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(RIGHT) >= 9
    assert len(BUGS) >= 15
