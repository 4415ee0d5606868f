"""Warp instructions of inline PTX against a model of the PTX manual and CUDA's own functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import reduce
from operator import and_, or_, xor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_scratch import simt
from tests.simt.elementwise import Array

ORDERS = ("forward", "reverse", "random")
WHOLE = 0xFFFFFFFF
MASKS = st.one_of(
    st.sampled_from([WHOLE, 0x0000FFFF, 0x55555555, 0x80000001, 0x00010000]),
    st.integers(1, WHOLE),
)

# Each lane of the mask: a value, two operands and room for four words of results.
HEAD = """(const unsigned* x, const unsigned* b, const unsigned* c, unsigned mask, unsigned* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (!(mask >> i % 32 & 1)) return;
  unsigned d = 0, p = 0;
"""
SHUFFLES = ("up", "down", "bfly", "idx")
FUNCTIONS = {
    "up": "__shfl_up_sync(mask, x[i], b[i], 32 - (c[i] >> 8))",
    "down": "__shfl_down_sync(mask, x[i], b[i], 32 - (c[i] >> 8))",
    "bfly": "__shfl_xor_sync(mask, x[i], b[i], 32 - (c[i] >> 8))",
    "idx": "__shfl_sync(mask, x[i], b[i], 32 - (c[i] >> 8))",
}
SHUFFLING = "".join(
    f"""
extern "C" __global__ void shfl_{how}{HEAD}
  asm volatile("{{.reg .pred p; shfl.sync.{how}.b32 %0|p, %2, %3, %4, %5; selp.u32 %1, 1, 0, p;}}"
               : "=r"(d), "=r"(p) : "r"(x[i]), "r"(b[i]), "r"(c[i]), "r"(mask));
  out[4 * i] = d, out[4 * i + 1] = p;
  asm volatile("shfl.sync.{how}.b32 %0, %1, %2, %3, %4;"
               : "=r"(d) : "r"(x[i]), "r"(b[i]), "r"(c[i]), "r"(mask));
  out[4 * i + 2] = d;
}}
extern "C" __global__ void cuda_{how}{HEAD}  out[4 * i] = {FUNCTIONS[how]};
}}"""
    for how in SHUFFLES
)
VOTING = f"""
extern "C" __global__ void vote{HEAD}
  unsigned any, all, uniform, others;
  asm volatile("{{.reg .pred p, q; setp.ne.u32 p, %4, 0;"
               " vote.sync.any.pred q, p, %5; selp.u32 %0, 1, 0, q;"
               " vote.sync.all.pred q, p, %5; selp.u32 %1, 1, 0, q;"
               " vote.sync.uni.pred q, p, %5; selp.u32 %2, 1, 0, q;"
               " vote.sync.ballot.b32 %3, !p, %5;}}"
               : "=r"(any), "=r"(all), "=r"(uniform), "=r"(others) : "r"(x[i]), "r"(mask));
  out[4 * i] = any | all << 1 | uniform << 2;
  out[4 * i + 1] = others;
  out[4 * i + 2] = (__any_sync(mask, x[i]) != 0) | (__all_sync(mask, x[i]) != 0) << 1 |
                   (__uni_sync(mask, x[i]) != 0) << 2;
  out[4 * i + 3] = __ballot_sync(mask, !x[i]);
}}
extern "C" __global__ void match{HEAD}
  unsigned long long wide = b[i] | (unsigned long long)x[i] << 32;
  unsigned any;
  asm volatile("match.any.sync.b32 %0, %1, %2;" : "=r"(any) : "r"(x[i]), "r"(mask));
  asm volatile("{{.reg .pred p; match.all.sync.b64 %0|p, %2, %3; selp.u32 %1, 1, 0, p;}}"
               : "=r"(d), "=r"(p) : "l"(wide), "r"(mask));
  int same;
  const unsigned by_function = __match_all_sync(mask, wide, &same);
  out[4 * i] = any, out[4 * i + 1] = d, out[4 * i + 2] = p;
  out[4 * i + 3] = any == __match_any_sync(mask, x[i]) && d == by_function && p == same;
}}
extern "C" __global__ void lanes{HEAD}
  unsigned active, leader;
  asm volatile("activemask.b32 %0;" : "=r"(active));
  asm volatile("{{.reg .pred p; elect.sync %0|p, %2; selp.u32 %1, 1, 0, p;}}"
               : "=r"(leader), "=r"(p) : "r"(mask));
  out[4 * i] = active, out[4 * i + 1] = __activemask(), out[4 * i + 2] = leader;
  out[4 * i + 3] = p;
}}
extern "C" __global__ void both_branches(unsigned* out) {{
  unsigned active;
  if (threadIdx.x % 3) {{
    asm volatile("activemask.b32 %0;" : "=r"(active));
  }} else {{
    asm volatile("activemask.b32 %0;\\n" : "=r"(active));
  }}
  out[threadIdx.x] = active;
}}
extern "C" __global__ void pass_on(const unsigned* x, unsigned* out, int synchronized) {{
  __shared__ unsigned s[32];
  s[threadIdx.x] = x[threadIdx.x];
  if (synchronized) asm volatile("bar.warp.sync 0xffffffff;" ::: "memory");
  out[threadIdx.x] = s[(threadIdx.x + 1) % 32];  // READ
}}
"""
REDUCTIONS: dict[str, Callable[[int, int], int]] = {
    "add.u32": lambda a, b: a + b, "add.s32": lambda a, b: a + b, "min.u32": min, "max.u32": max,
    "min.s32": min, "max.s32": max, "and.b32": and_, "or.b32": or_, "xor.b32": xor,
}  # fmt: skip
REDUCING = "".join(
    f"""
extern "C" __global__ void redux_{name.replace(".", "_")}{HEAD}
  asm volatile("redux.sync.{name} %0, %1, %2;" : "=r"(d) : "r"(x[i]), "r"(mask));
  out[4 * i] = d;
  out[4 * i + 1] = __reduce_{name[:3].strip(".")}_sync(mask, ({kind})x[i]);
}}"""
    for name in REDUCTIONS
    for kind in ["int" if ".s" in name else "unsigned"]
)
# In `wrong<n>` lane 3 does what the others do not expect.
WRONG = {
    "a mask without the caller": (
        'asm volatile("shfl.sync.idx.b32 %0, %0, 0, 31, 0xfffffff7;" : "+r"(d));', "warp-mask"),
    "another instruction": (
        'if (i == 3) asm volatile("redux.sync.add.u32 %0, %0, 0xffffffff;" : "+r"(d));'
        ' else asm volatile("redux.sync.max.u32 %0, %0, 0xffffffff;" : "+r"(d));',
        "warp-divergence"),
    "a lane that waits elsewhere": (
        'if (i == 3) asm volatile("bar.sync 1, 64;"); else'
        ' asm volatile("redux.sync.max.u32 %0, %0, 0xffffffff;" : "+r"(d));', "warp-absent"),
    "a lane of the mask that is not there": (
        'if (i < 16) asm volatile("shfl.sync.idx.b32 %0, %0, 20, 31, 0xffff;" : "+r"(d));',
        "inactive-lane"),
}  # fmt: skip
MISUSE = "".join(
    f"""
extern "C" __global__ void wrong{number}(unsigned* out) {{
  unsigned d = 0, i = threadIdx.x;
  {statement}  // WRONG {number}.
  out[i] = d;
}}"""
    for number, (statement, _) in enumerate(WRONG.values())
)
CODE = SHUFFLING + VOTING + REDUCING + MISUSE


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule(CODE)


def run(
    name: str, x: Array, b: Array, c: Array, mask: int, order: str, *, checked: bool = False
) -> Array:
    out = np.zeros((x.size, 4), np.uint32)
    args = (*(np.array(a, np.uint32) for a in (x, b, c)), np.uint32(mask), out)
    module().get_function(name)(x.size // 32, 32, args, order=order, checked=checked)
    return out


def members(mask: int) -> list[int]:
    return [lane for lane in range(32) if mask >> lane & 1]


def source(how: str, lane: int, b: int, c: int) -> tuple[int, bool]:
    """The lane that shfl.sync reads and its predicate: the manual's pseudocode, line for line."""
    bval, cval, mask = b & 31, c & 31, c >> 8 & 31
    maximum = (lane & mask) | (cval & ~mask)
    minimum = lane & mask
    if how == "up":
        j, inside = lane - bval, lane - bval >= maximum
    elif how == "down":
        j, inside = lane + bval, lane + bval <= maximum
    elif how == "bfly":
        j, inside = lane ^ bval, lane ^ bval <= maximum
    else:
        j = minimum | (bval & ~mask)
        inside = j <= maximum
    return (j if inside else lane), inside


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SHUFFLES), st.randoms(use_true_random=False), st.sampled_from(ORDERS))
def test_a_shuffle_follows_the_manual_for_any_segments_and_clamp(
    how: str, chance: object, order: str
) -> None:
    rng = np.random.default_rng(chance.getrandbits(32))  # type: ignore[attr-defined]
    x, b, c = rng.integers(0, 2**32, (3, 64), np.uint32)
    b, c = b % 40, c & 0x1F1F
    for checked in (False, True):
        out = run(f"shfl_{how}", x, b, c, WHOLE, order, checked=checked)
        for i in range(64):
            lane, inside = source(how, i % 32, int(b[i]), int(c[i]))
            value = x[i // 32 * 32 + lane]
            assert out[i].tolist() == [value, inside, value, 0], f"lane {i}: {b[i]}, {c[i]:#x}"


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("how", SHUFFLES)
def test_cudas_functions_are_these_instructions(how: str, width: int) -> None:
    rng = np.random.default_rng(width)
    x, b = rng.integers(0, 2**32, 96, np.uint32), rng.integers(0, 32, 96, np.uint32)
    c = np.full(96, (32 - width) << 8 | (0 if how == "up" else 31), np.uint32)
    by_function = run(f"cuda_{how}", x, b, c, WHOLE, "reverse")[:, 0]
    by_instruction = run(f"shfl_{how}", x, b, c, WHOLE, "random")[:, 0]
    np.testing.assert_array_equal(by_instruction, by_function)


@settings(deadline=None, max_examples=60)
@given(MASKS, st.lists(st.integers(0, 2), min_size=64, max_size=64), st.sampled_from(ORDERS))
def test_votes_and_matches_are_those_of_the_mask(mask: int, x: list[int], order: str) -> None:
    lanes, values = members(mask), np.array(x, np.uint32)
    zero = np.zeros(64, np.uint32)
    votes, matches = (run(name, values, zero, zero, mask, order) for name in ("vote", "match"))
    for i in range(64):
        if i % 32 not in lanes:
            assert not votes[i].any()
            assert not matches[i].any()
            continue
        own = {lane: x[i // 32 * 32 + lane] for lane in lanes}
        all_, any_ = all(own.values()), any(own.values())
        said = any_ | all_ << 1 | (all_ == any_) << 2
        others = sum(1 << lane for lane in lanes if not own[lane])
        assert votes[i].tolist() == [said, others] * 2
        same = sum(1 << lane for lane in lanes if own[lane] == x[i])
        equal = same == mask
        assert matches[i].tolist() == [same, mask * equal, equal, 1]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_gives_all_lanes_the_total(name: str, order: str) -> None:
    rng = np.random.default_rng(5)
    for mask in (WHOLE, 0x0000FFFF, 0x80000001, *rng.integers(1, 2**32, 8).tolist()):
        values = rng.integers(0, 2**32, 32, np.uint32)
        numbers = values.view(np.int32) if ".s" in name else values
        out = run(f"redux_{name.replace('.', '_')}", values, values, values, mask, order)
        total = reduce(REDUCTIONS[name], [int(numbers[lane]) for lane in members(mask)]) & WHOLE
        for lane in range(32):
            assert out[lane].tolist() == ([total, total, 0, 0] if mask >> lane & 1 else [0] * 4)


@settings(deadline=None, max_examples=30)
@given(MASKS, st.sampled_from(ORDERS), st.booleans())
def test_the_lanes_left_are_active_and_elect_one_of_them(
    mask: int, order: str, checked: bool
) -> None:
    zero = np.zeros(32, np.uint32)
    out = run("lanes", zero, zero, zero, mask, order, checked=checked)[members(mask)]
    assert set(out[:, 0]) == set(out[:, 1]) == {mask}
    (leader,) = set(out[:, 2].tolist())
    assert leader in members(mask)
    np.testing.assert_array_equal(out[:, 3], np.array(members(mask)) == leader)


@pytest.mark.parametrize("order", ORDERS)
def test_the_active_lanes_are_those_of_the_branch(order: str) -> None:
    out = np.zeros(32, np.uint32)
    module().get_function("both_branches")(1, 32, (out,), order=order)
    thirds = sum(1 << lane for lane in range(0, 32, 3))
    assert out.tolist() == [WHOLE ^ thirds if lane % 3 else thirds for lane in range(32)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_warp_barrier_orders_what_it_separates(order: str) -> None:
    x, out = np.arange(32, dtype=np.uint32), np.zeros(32, np.uint32)
    kernel = module().get_function("pass_on")
    kernel(1, 32, (x, out, 1), order=order, checked=True)
    np.testing.assert_array_equal(out, np.roll(x, -1))
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 32, (x, out, 0), order=order, checked=True)
    assert {finding.kind for finding in caught.value.findings} <= {"race", "uninitialized"}


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_use_is_named_with_its_line(name: str, checked: bool) -> None:
    number, (_, kind) = list(WRONG).index(name), WRONG[name]
    kernel, out = module().get_function(f"wrong{number}"), np.zeros(32, np.uint32)
    if kind == "inactive-lane" and not checked:
        return kernel(1, 32, (out,))  # only a checked launch sees it
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 32, (out,), checked=checked)
    lines = CODE.splitlines()
    finding = caught.value.findings[0]
    assert (finding.kind, f"// WRONG {number}." in lines[finding.place.line - 1]) == (kind, True)
    return None
