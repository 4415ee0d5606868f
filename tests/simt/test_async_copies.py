"""Copies that go on while the kernel does: groups, zeros, and reads that come too early."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch import simt
from tests.simt.elementwise import Array

ORDERS = ("forward", "reverse", "random")
SLOTS, SLOT_BYTES = 6, 16

# One thread runs a list of operations. %0 is a slot of 16 bytes in shared memory, %1 its source,
# %2 how many bytes of it there are.
OPS = {
    "copy 4": "cp.async.ca.shared.global [%0], [%1], 4, %2;",
    "copy 8": "cp.async.ca.shared::cta.global.L2::128B [%0], [%1], 8, %2;",
    "copy 16": "cp.async.cg.shared.global [%0], [%1], 16, %2;",
    "copy 16 if": "{.reg .pred p; setp.eq.u32 p, %2, 0;"
    " cp.async.ca.shared.global [%0], [%1], 16, p;}",
    "copy 16 unless": "{.reg .pred p; setp.ne.u32 p, %2, 0;"
    " cp.async.ca.shared.global [%0], [%1], 16, !p;}",
    "commit": "cp.async.commit_group;",
    **{f"wait {n}": f"cp.async.wait_group {n};" for n in range(4)},
    "wait all": "cp.async.wait_all;",
    "read": "",
}
OPERANDS = '"r"(slot), "l"(x + 4 * i), "r"(given[i]) : "memory"'
CASES = "".join(
    f'case {number}: asm volatile("{text}" :: {OPERANDS}); break;\n      '
    for number, text in enumerate(OPS.values())
    if text
)
SCRIPT = f"""
extern "C" __global__ void script(const int* ops, const int* slots, const int* given, int n,
                                  const int* x, int4* out) {{
  __shared__ int4 s[{SLOTS}];
  for (int i = 0; i < {SLOTS}; ++i) s[i] = make_int4(-1, -1, -1, -1);
  for (int i = 0; i < n; ++i) {{
    const unsigned slot = (unsigned)__cvta_generic_to_shared(s + slots[i]);
    switch (ops[i]) {{
      {CASES}
      default:
        out[i] = s[slots[i]];  // READ script
    }}
  }}
}}
"""
# Right with `mistake` 0; the lines at fault otherwise carry its number.
PIPELINES = r"""
#include <cuda_pipeline.h>

extern "C" __global__ void primitives(const int* x, int* out, int tiles, int mistake) {
  __shared__ int s[2][64];
  const int i = threadIdx.x;
  for (int t = 0; t <= tiles; ++t) {
    if (t < tiles) __pipeline_memcpy_async(&s[t % 2][i], x + 64 * t + i, 4, i == 5 ? 4 : 0);
    if (mistake != 3) __pipeline_commit();
    if (t == 0) continue;
    __pipeline_wait_prior(mistake == 1 ? 2 : 1);
    if (mistake != 2) __syncthreads();
    out[64 * (t - 1) + i] = s[(t - 1) % 2][63 - i];  // READ primitives
    __syncthreads();
  }
  __pipeline_wait_prior(0);
}
extern "C" __global__ void arrivals(const int* x, int* out, int counted, int mistake) {
  __shared__ int s[64];
  __shared__ __align__(8) unsigned long long object;
  const int i = threadIdx.x;
  const unsigned bar = (unsigned)__cvta_generic_to_shared(&object);
  const unsigned to = (unsigned)__cvta_generic_to_shared(s + (mistake == 1 ? 0 : i));
  if (i == 0) asm volatile("mbarrier.init.shared.b64 [%0], 64;" :: "r"(bar) : "memory");
  __syncthreads();
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(to), "l"(x + i) : "memory");  // GO
  if (counted) {
    asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" :: "r"(bar) : "memory");
  } else {
    asm volatile("cp.async.mbarrier.arrive.shared.b64 [%0];" :: "r"(bar) : "memory");
    asm volatile("{.reg .b64 s; mbarrier.arrive.shared.b64 s, [%0];}" :: "r"(bar) : "memory");
  }
  if (mistake != 2)
    asm volatile("{.reg .pred p;\nW: mbarrier.try_wait.parity.shared.b64 p, [%0], 0;\n@!p bra W;\n}"
                 :: "r"(bar) : "memory");
  out[i] = s[(i + 33) % 64];  // READ arrivals
}
extern "C" __global__ void away(const int* x, int* out, int bytes, int mistake) {
  __shared__ __align__(16) int s[256];
  const int i = threadIdx.x;
  for (int j = i; j < bytes / 4; j += blockDim.x) s[j] = 3 * x[j];
  if (mistake != 1) asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  const unsigned from = (unsigned)__cvta_generic_to_shared(s);
  if (i == 0) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;"
                 :: "l"(out), "r"(from), "r"(bytes) : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
    if (mistake != 2) asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
    out[0] += 1;  // READ away
  }
}
"""


def copy(text: str, to: str = "to", start: str = "x") -> str:
    return f'asm volatile("{text}" :: "r"({to}), "l"({start}), "r"(bytes) : "memory");'


PLAIN = "cp.async.ca.shared.global [%0], [%1], 8, %2;"
BULK = "cp.async.bulk.global.shared::cta.bulk_group [%1], [%0], %2;"
# The wrong statement, its kind, checked if that differs, and what is said of it.
WRONG = {
    "more source than copy": ("bytes = 9;", copy(PLAIN), "misuse", "9 bytes of source for 8"),
    "to a multiple of four": ("", copy(PLAIN, "to + 4"), "misuse", "multiples of 8"),
    "from a multiple of four": ("", copy(PLAIN, "to", "x + 1"), "misuse", "multiples of 8"),
    "to no shared memory": ("", copy(PLAIN, "to + (1 << 20)"), "outside", "outside"),
    "from outside the array": ("", copy(PLAIN, "to", "x + 64"), "out-of-bounds", "x[64]"),
    "a bulk of 24 bytes": ("bytes = 24;", copy(BULK), "misuse", "no multiple of 16"),
    "a bulk of none": ("bytes = 0;", copy(BULK), "misuse", "no multiple of 16"),
    "a bulk over the end": ("bytes = 32;", copy(BULK, "to", "x + 60"), "out-of-bounds", "x[64]"),
    "a bulk off its place": ("bytes = 16;", copy(BULK, "to + 8"), "misuse", "multiples of 16"),
    "a tensor": ("", copy("cp.async.bulk.tensor.1d.tile [%0], [%1], %2;"), "unsupported", "tensor"),
    "12 bytes": ("", "__pipeline_memcpy_async(s, x, 12);", "misuse", "4, 8 or 16 bytes"),
    "all but 9 groups": ("", "__pipeline_wait_prior(9);", "misuse", "0 to 8 groups"),
}
MISUSE = "".join(
    f"""
extern "C" __global__ void wrong{number}(int* x) {{
  __shared__ __align__(16) int s[16];
  unsigned to = (unsigned)__cvta_generic_to_shared(s), bytes = 8;
  for (int i = 0; i < 16; ++i) s[i] = 0;
  {before}
  {statement}  // WRONG {number}.
  asm volatile("cp.async.wait_all; cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;");
}}"""
    for number, (before, statement, *_) in enumerate(WRONG.values())
)
CODE = PIPELINES + SCRIPT + MISUSE
Step = tuple[str, int, int]  # operation, slot, bytes given


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule(CODE)


def line_of(mark: str) -> int:
    return next(i for i, text in enumerate(CODE.splitlines(), 1) if mark in text)


@dataclasses.dataclass
class Model:
    """What is certain to have arrived: the groups of the PTX manual."""

    slots: list[bytes] = dataclasses.field(default_factory=lambda: [b"\xff" * SLOT_BYTES] * SLOTS)
    groups: list[dict[int, bytes]] = dataclasses.field(default_factory=list)
    open: dict[int, bytes] = dataclasses.field(default_factory=dict)

    def in_flight(self, slot: int) -> bool:
        return any(slot in group for group in (*self.groups, self.open))

    def land(self, kept: int) -> None:
        while len(self.groups) > kept:
            for slot, arrived in self.groups.pop(0).items():
                self.slots[slot] = arrived + self.slots[slot][len(arrived) :]

    def step(self, name: str, slot: int, given: int, source: bytes) -> None:
        if name.startswith("copy"):
            size = int(name.split()[1])
            there = (size if given else 0) if name[7:] in (" if", " unless") else given
            self.open[slot] = source[:there] + bytes(size - there)
        elif name in ("commit", "wait all"):
            self.groups.append(self.open)
            self.open = {}
        if name.startswith("wait"):
            self.land(0 if name == "wait all" else int(name[5:]))


def run(steps: list[Step], x: Array, *, checked: bool) -> Array:
    ops = np.array([list(OPS).index(name) for name, *_ in steps], np.int32)
    slots, given_bytes = np.array([step[1:] for step in steps], np.int32).T.copy()
    out = np.zeros((ops.size, 4), np.int32)
    args = (ops, slots, given_bytes, ops.size, x, out)
    module().get_function("script")(1, 1, args, checked=checked)
    return out


MOSTLY = [*OPS, *["copy 16", "commit", "wait 1", "wait 2", "read", "read"] * 2]
STEP = st.tuples(st.sampled_from(MOSTLY), st.integers(0, SLOTS - 1), st.integers(0, 16))


@settings(deadline=None, max_examples=120)
@given(st.lists(STEP, min_size=1, max_size=40), st.booleans())
def test_what_was_waited_for_has_arrived(wanted: list[Step], checked: bool) -> None:
    model, steps, read = Model(), list[Step](), dict[int, bytes]()
    x = np.random.default_rng(1).integers(-(2**31), 2**31, (len(wanted), 4), np.int32)
    for name, slot, given_bytes in wanted:
        if (name == "read" or name.startswith("copy")) and model.in_flight(slot):
            continue  # see the next test
        most = min(given_bytes, int(name.split()[1])) if name.startswith("copy") else 0
        model.step(name, slot, most, x[len(steps)].tobytes())
        if name == "read":
            read[len(steps)] = model.slots[slot]
        steps.append((name, slot, most))
    out = run(steps, x, checked=checked)
    assert {i: out[i].tobytes() for i in read} == read


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_what_is_still_in_flight_must_not_be_touched(
    groups: int, kept: int, slot: int, again: bool
) -> None:
    slot = min(slot, groups - 1)
    steps: list[Step] = []
    for g in range(groups):
        steps += [("copy 16", g, 16), ("commit", 0, 0)]
    steps += [(f"wait {kept}", 0, 0), ("copy 16" if again else "read", slot, 16)]
    x = np.zeros((len(steps), 4), np.int32)
    if slot < groups - kept:
        run(steps, x, checked=True)
        return
    with pytest.raises(simt.KernelError) as caught:
        run(steps, x, checked=True)
    finding = caught.value.findings[0]
    assert (finding.kind, finding.array) == ("race", "s")
    assert finding.place.line == line_of(OPS["copy 16"] if again else "// READ script")


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kernel", ["primitives", "arrivals", "counted arrivals", "away"])
def test_a_pipeline_hands_over_what_was_copied(kernel: str, order: str, checked: bool) -> None:
    x, out = np.random.default_rng(2).integers(1, 99, 256, np.int32), np.zeros(256, np.int32)
    number = {"primitives": 4, "arrivals": 0, "counted arrivals": 1, "away": 1024}[kernel]
    name = kernel.split()[-1]
    module().get_function(name)(1, 64, (x, out, number, 0), order=order, checked=checked)
    tiles = x.reshape(4, 64).copy()
    tiles[:, 5] = 0
    wanted = {
        "primitives": tiles[:, ::-1].ravel(),
        "arrivals": np.r_[np.roll(x[:64], -33), np.zeros(192, np.int32)],
        "away": 3 * x + (np.arange(256) == 0),
    }
    np.testing.assert_array_equal(out, wanted[name])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("name", "mistake", "kinds", "lines"),
    [
        ("primitives", 1, {"race", "uninitialized"}, ("// READ primitives",)),  # a group too many
        ("primitives", 2, {"race", "uninitialized"}, ("// READ primitives",)),  # others' copies
        ("primitives", 3, {"race"}, ("// READ primitives", "__pipeline_memcpy_async(&s")),
        ("arrivals", 1, {"race"}, ("// GO",)),  # all to one place
        ("arrivals", 2, {"race", "uninitialized"}, ("// READ arrivals",)),  # not waited for
        ("away", 2, {"race"}, ("// READ away",)),
    ],
)
def test_a_step_left_out_is_named(
    name: str, mistake: int, kinds: set[str], lines: tuple[str, ...], order: str
) -> None:
    number = {"primitives": 4, "arrivals": 1, "away": 64}[name]
    x, out = np.ones(256, np.int32), np.zeros(256, np.int32)
    kernel = module().get_function(name)
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 64, (x, out, number, mistake), order=order, checked=True)
    finding = caught.value.findings[0]
    assert finding.kind in kinds
    sides = {finding.place, finding.conflict.place if finding.conflict else finding.place}
    assert {side.line for side in sides} & {line_of(mark) for mark in lines}
    assert finding.array == ("out" if name == "away" else "s")


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_copy_is_named_with_its_line(name: str, checked: bool) -> None:
    number = list(WRONG).index(name)
    kernel = module().get_function(f"wrong{number}")
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 1, (np.zeros(64, np.int32),), checked=checked)
    kind, part = WRONG[name][2:]
    if kind == "outside":
        kind, part = ("out-of-bounds", "") if checked else ("misuse", part)
    finding = caught.value.findings[0]
    assert (finding.kind, finding.place.line) == (kind, line_of(f"// WRONG {number}."))
    assert part in finding.summary


def test_the_classes_of_libcuxx_are_refused_by_the_headers_full_name() -> None:
    code = '#include <cuda/pipeline>\nextern "C" __global__ void k() {}'
    with pytest.raises(simt.UnsupportedFeatureError, match="#include <cuda/pipeline> at line 1"):
        simt.RawModule(code).get_function("k")
