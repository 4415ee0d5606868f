"""mbarriers: a model of their phases in Python, copies that report bytes, and every wrong use."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attention_scratch import simt
from tests.simt.elementwise import Array

ORDERS = ("forward", "reverse", "random")

# One thread runs a list of operations on one barrier; what each of them says comes back in %0.
# %1 is the state of the last arrival, %2 the barrier, %3 the operation's value.
ASKED = "{.reg .pred p; mbarrier.%s; selp.u32 %%0, 1, 0, p;}"
OPS = {
    "init": "mbarrier.init.shared.b64 [%2], %3;",
    "arrive": "mbarrier.arrive.shared.b64 %1, [%2], %3;",
    "incomplete": "mbarrier.arrive.noComplete.shared.b64 %1, [%2], %3;",
    "drop": "mbarrier.arrive_drop.shared.b64 %1, [%2], %3;",
    "expect": "mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%2], %3;",
    "complete": "mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%2], %3;",
    "arrive_expect": "mbarrier.arrive.expect_tx.shared::cta.b64 %1, [%2], %3;",
    "parity": ASKED % "test_wait.parity.shared.b64 p, [%2], %3",
    "state": ASKED % "try_wait.shared.b64 p, [%2], %1",
    "pending": "mbarrier.pending_count.b64 %0, %1;",
    "end": "mbarrier.inval.shared.b64 [%2];",
}
OPERANDS = '"+r"(said), "+l"(state) : "r"(bar), "r"(values[i]) : "memory"'
CASES = "".join(
    f'case {number}: asm volatile("{text}" : {OPERANDS}); break;\n      '
    for number, text in enumerate(OPS.values())
)
SCRIPT = f"""
extern "C" __global__ void script(const int* ops, const unsigned* values, int n, unsigned* out) {{
  __shared__ __align__(8) unsigned long long object;
  const unsigned bar = (unsigned)__cvta_generic_to_shared(&object);
  unsigned long long state = 0;
  for (int i = 0; i < n; ++i) {{
    unsigned said = 0;
    switch (ops[i]) {{
      {CASES}
    }}
    out[i] = said;
  }}
}}
"""
# A block hands data over: `mistake` 0 is right. The whole block, round after round, as a barrier.
BLOCKS = r"""
__device__ void wait(unsigned bar, unsigned parity) {
  asm volatile("{.reg .pred p;\nW: mbarrier.try_wait.parity.shared.b64 p, [%0], %1;\n@!p bra W;\n}"
               :: "r"(bar), "r"(parity) : "memory");
}
extern "C" __global__ void bulk(const int* x, int* out, int bytes, int mistake) {
  extern __shared__ __align__(16) int s[];
  __shared__ __align__(8) unsigned long long object;
  const unsigned bar = (unsigned)__cvta_generic_to_shared(&object);
  const unsigned to = (unsigned)__cvta_generic_to_shared(s);
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(bar));
  __syncthreads();
  if (threadIdx.x == 0) {
    const int expected = bytes + (mistake == 1 ? -16 : mistake == 2 ? 16 : 0);
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
                 :: "r"(bar), "r"(expected) : "memory");
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1],"
                 " %2, [%3];" :: "r"(to), "l"(x), "r"(bytes), "r"(bar) : "memory");
  }
  if (mistake != 3) wait(bar, mistake == 4);
  for (int i = threadIdx.x; i < bytes / 4; i += blockDim.x)
    out[blockIdx.x * bytes / 4 + i] = s[bytes / 4 - 1 - i];  // READ
}
extern "C" __global__ void rounds(const int* counts, int total, int* out, int n, int mistake) {
  __shared__ int s[2][128];
  __shared__ __align__(8) unsigned long long object;
  const unsigned bar = (unsigned)__cvta_generic_to_shared(&object);
  const int i = threadIdx.x, others = blockDim.x;
  if (i == 0) asm volatile("mbarrier.init.shared.b64 [%0], %1;" :: "r"(bar), "r"(total));
  __syncthreads();
  for (int r = 0; r < n; ++r) {
    s[r & 1][i] = 1000 * r + i;
    unsigned long long state;
    asm volatile("mbarrier.arrive.shared.b64 %0, [%1], %2;"
                 : "=l"(state) : "r"(bar), "r"(counts[i]) : "memory");
    if (mistake == 0 || r + 1 < n)
      asm volatile("{.reg .pred p;\nW: mbarrier.test_wait.shared.b64 p, [%0], %1;\n@!p bra W;\n}"
                   :: "r"(bar), "l"(state) : "memory");
    out[r * others + i] = s[r & 1][(i + 37) % others];  // READ in a round
  }
}
"""


def asm(text: str, *operands: str) -> str:
    return f'asm volatile("{text}" :: {", ".join(operands)} : "memory");'


def init(count: int) -> str:
    return asm("mbarrier.init.shared.b64 [%0], %1;", '"r"(bar)', f'"r"({count})')


ARRIVE = asm("{.reg .b64 s; mbarrier.arrive.shared.b64 s, [%0], %1;}", '"r"(bar)', '"r"(count)')
BULK = "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0+16], [%1], 16, [%0];"
COPY = asm(BULK, '"r"(bar)', '"l"(x)')
TEST = "{.reg .pred p; mbarrier.test_wait.parity.shared.b64 p, [%0], %1;}"
INVALIDATE = asm("mbarrier.inval.shared.b64 [%0];", '"r"(bar)')
NOT_YET = asm("{.reg .b64 s; mbarrier.arrive.noComplete.shared.b64 s, [%0], 1;}", '"r"(bar)')
LEAVE = asm("{.reg .b64 s; mbarrier.arrive_drop.shared.b64 s, [%0], 2;}", '"r"(bar)')
EXPECT = asm("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;", '"r"(bar)', '"r"(1048576)')
MAP = asm("mapa.shared::cluster.u32 %0, %0, 0;", '"r"(bar)')
# What goes before, the wrong statement, its kind and what is said of it.
WRONG = {
    "not initialized": ("", ARRIVE, "misuse", "not initialized"),
    "in use": (init(1), init(1), "misuse", "in use"),
    "no arrivals expected": ("", init(0), "misuse", "1 to 1048575 arrivals, not 0"),
    "too many expected": ("", init(1 << 20), "misuse", "not 1048576"),
    "one too many": (init(2) + ARRIVE + "count = 2;", ARRIVE, "misuse", "expects 1 more"),
    "no arrival": (init(2) + "count = 0;", ARRIVE, "misuse", "0 arrivals"),
    "a counter for a parity": (init(1), asm(TEST, '"r"(bar)', '"r"(2)'), "misuse", "0 or 1, not 2"),
    "after its end": (init(1) + INVALIDATE, ARRIVE, "misuse", "not initialized"),
    "written over": (init(1) + "object[0] = 77;", ARRIVE, "misuse", "written over"),
    "too many bytes": (init(1), EXPECT, "misuse", "counts to 1048575"),
    "completes all the same": (init(1), NOT_YET, "misuse", "completes the phase"),
    "ends before its copies": (init(1) + COPY, INVALIDATE, "misuse", "wait first"),
    "more leave than arrive": (init(1), LEAVE, "misuse", "more threads leave"),
    "at a multiple of four": ("bar += 4;", init(1), "misaligned", "8 bytes"),
    "outside shared memory": ("bar += 1 << 20;", init(1), "outside", "outside"),
    "a cluster's": (init(1), MAP, "unsupported", "mapa"),
}
MISUSE = "".join(
    f"""
extern "C" __global__ void wrong{number}(const int* x) {{
  __shared__ __align__(16) unsigned long long object[4];
  unsigned bar = (unsigned)__cvta_generic_to_shared(object), count = 1;
  {before}
  {statement}  // WRONG {number}.
}}"""
    for number, (before, statement, *_) in enumerate(WRONG.values())
)
CODE = SCRIPT + BLOCKS + MISUSE
Step = tuple[str, int]


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule(CODE)


def line_of(mark: str) -> int:
    return next(i for i, text in enumerate(CODE.splitlines(), 1) if mark in text)


@dataclasses.dataclass
class Model:
    """The phases of an mbarrier as the PTX manual tells them; `said` is what tests answer."""

    expected: int
    pending: int
    phase: int = 0
    bytes: int = 0
    state: tuple[int, int] = (0, 0)  # the phase, and the arrivals still to come in it

    def allows(self, step: Step) -> bool:
        name, value = step
        if name in ("arrive", "incomplete", "drop", "arrive_expect"):
            count = 1 if name == "arrive_expect" else value
            left = self.expected - count if name == "drop" else 1
            late = name == "incomplete" and count == self.pending and not self.bytes
            return 1 <= count <= self.pending and left >= 1 and not late
        return name != "state" or self.phase - self.state[0] <= 1

    def said(self, step: Step) -> int:
        name, value = step
        if name == "parity":
            return int(self.phase % 2 != value % 2)  # the phase of that parity is over
        if name == "state":
            return int(self.phase != self.state[0])
        if name == "pending":
            return self.state[1]
        if name in ("arrive", "drop", "incomplete", "arrive_expect"):
            self.state = self.phase, self.pending
            self.expected -= value if name == "drop" else 0
            self.pending -= 1 if name == "arrive_expect" else value
        if name in ("expect", "arrive_expect"):
            self.bytes += value
        if name == "complete":
            self.bytes -= value
        if name != "expect" and not self.pending and not self.bytes:
            self.phase, self.pending = self.phase + 1, self.expected
        return 0


STEPS = st.one_of(
    st.tuples(st.sampled_from(["arrive", "drop", "incomplete"]), st.integers(1, 4)),
    st.tuples(st.sampled_from(["arrive_expect", "expect", "complete"]), st.integers(0, 3)),
    st.tuples(st.sampled_from(["parity"]), st.integers(0, 1)),
    st.tuples(st.sampled_from(["state", "pending"]), st.just(0)),
)


def run(steps: list[Step], *, checked: bool = False) -> Array:
    ops = np.array([list(OPS).index(name) for name, _ in steps], np.int32)
    values, out = np.array([value for _, value in steps], np.uint32), np.zeros(ops.size, np.uint32)
    module().get_function("script")(1, 1, (ops, values, ops.size, out), checked=checked)
    return out


@settings(deadline=None, max_examples=120)
@given(st.integers(1, 9), st.lists(STEPS, max_size=40), st.booleans())
@example(3, [("drop", 1), ("arrive", 1), ("arrive", 2), ("parity", 1)], False)
def test_phases_are_those_of_the_model(arrivals: int, wanted: list[Step], checked: bool) -> None:
    model = Model(arrivals, arrivals)
    steps: list[Step] = [("init", arrivals), ("arrive", 1)]
    said = [0, model.said(steps[1])]
    for step in filter(model.allows, wanted):
        steps.append(step)
        said.append(model.said(step))
    out = run(steps, checked=checked).tolist()
    assert out == said, [*zip(steps, out, said, strict=True)]


@pytest.mark.parametrize("checked", [False, True])
def test_a_barrier_is_used_again_after_its_end_and_in_the_next_launch(checked: bool) -> None:
    once = [("init", 1), ("parity", 0), ("arrive", 1), ("parity", 0)]
    for _ in range(2):  # the same place in the same memory: nothing is left of the launch before
        out = run([*once, ("end", 0), *once], checked=checked)
        assert out.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("words", [4, 64, 1000, 8192])
def test_a_bulk_copy_completes_the_phase_with_its_bytes(words: int, checked: bool) -> None:
    x = np.random.default_rng(1).integers(0, 99, words, np.int32)
    kernel = module().get_function("bulk")
    for order in ORDERS:
        out = np.zeros((3, words), np.int32)
        kernel(3, 64, (x, out, 4 * words, 0), shared_mem=4 * words, order=order, checked=checked)
        np.testing.assert_array_equal(out, np.stack([x[::-1]] * 3))


@pytest.mark.parametrize("mistake", [1, 2], ids=["too few bytes", "too many bytes"])
def test_a_wrong_number_of_bytes_waits_for_ever(mistake: int) -> None:
    x, out = np.zeros((2, 64), np.int32)
    kernel = module().get_function("bulk")
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 32, (x, out, 256, mistake), shared_mem=256, time_limit=0.1)
    assert caught.value.findings[0].kind == "time-limit"
    assert caught.value.findings[0].place.line == line_of("__device__ void wait") + 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("mistake", [3, 4], ids=["no wait", "the other parity"])
def test_reading_before_the_phase_is_over_is_a_race(mistake: int, order: str) -> None:
    x, out = np.zeros((2, 64), np.int32)
    kernel = module().get_function("bulk")
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 32, (x, out, 256, mistake), shared_mem=256, checked=True, order=order)
    found = {(f.kind, f.array, f.place.line) for f in caught.value.findings}
    kinds = "race", "uninitialized"  # it depends on the order whether the copy has begun
    assert found & {(kind, "s", line_of("// READ")) for kind in kinds}


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=100), st.sampled_from(ORDERS))
def test_a_block_meets_at_an_mbarrier_round_after_round(counts: list[int], order: str) -> None:
    threads = len(counts)
    each, out = np.array(counts, np.int32), np.zeros((4, threads), np.int32)
    args = (each, sum(counts), out, 4, 0)
    module().get_function("rounds")(1, threads, args, order=order, checked=True)
    wanted = 1000 * np.arange(4)[:, None] + (np.arange(threads) + 37) % threads
    np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("order", ORDERS)
def test_arriving_is_not_waiting(order: str) -> None:
    each, out = np.ones(64, np.int32), np.zeros((4, 64), np.int32)
    with pytest.raises(simt.KernelError) as caught:
        module().get_function("rounds")(1, 64, (each, 64, out, 4, 1), order=order, checked=True)
    finding = caught.value.findings[0]
    assert (finding.kind, finding.array) == ("race", "s")
    assert finding.place.line in (line_of("// READ in a round"), line_of("s[r & 1][i] ="))


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_use_is_named_with_its_line(name: str, checked: bool) -> None:
    number = list(WRONG).index(name)
    with pytest.raises(simt.KernelError) as caught:
        module().get_function(f"wrong{number}")(1, 1, (np.zeros(4, np.int32),), checked=checked)
    kind, part = WRONG[name][2:]
    if kind == "outside":
        kind, part = ("out-of-bounds", "") if checked else ("misuse", part)
    (finding,) = [f for f in caught.value.findings if f.kind == kind]
    assert finding.place.line == line_of(f"// WRONG {number}.")
    assert part in finding.summary
