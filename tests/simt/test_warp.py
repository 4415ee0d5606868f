"""The functions by which lanes exchange values, vote, match and reduce, against plain models."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, or_, xor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import TYPES, Array, compile_with_nvcc

ORDERS = ("forward", "reverse", "random")
WHOLE = 0xFFFFFFFF
MASKS = (WHOLE, 0x0000FFFF, 0x55555555, 0x80000001, 0x00010000, 0xFFFFFFFE)
WIDTHS = (1, 2, 4, 8, 16, 32)
SHUFFLED = (*list(TYPES)[:6], "long", "unsigned long")

# Each lane of the mask passes values[thread] and an operand of its own.
SHUFFLES = "".join(
    f"""
extern "C" __global__ void {name}_{kind.replace(" ", "_")}(
    const {kind}* values, const int* operands, {kind}* out, unsigned mask, int width) {{
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (mask >> threadIdx.x % 32 & 1)
    out[i] = __shfl_{name}sync(mask, values[i], operands[i], width);
}}"""
    for kind in SHUFFLED
    for name in ("", "up_", "down_", "xor_")
)
VOTES = """
extern "C" __global__ void vote(const int* p, unsigned* out, unsigned mask) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (!(mask >> threadIdx.x % 32 & 1)) return;
  out[4 * i] = __ballot_sync(mask, p[i]);
  out[4 * i + 1] = __any_sync(mask, p[i]);
  out[4 * i + 2] = __all_sync(mask, p[i]);
  out[4 * i + 3] = __uni_sync(mask, p[i]);
}"""
MATCHES = "".join(
    f"""
extern "C" __global__ void match_{kind.replace(" ", "_")}(
    const {kind}* x, unsigned* out, unsigned mask) {{
  const int i = threadIdx.x;
  if (!(mask >> i & 1)) return;
  int same = 7;
  out[3 * i] = __match_any_sync(mask, x[i]);
  out[3 * i + 1] = __match_all_sync(mask, x[i], &same);
  out[3 * i + 2] = same;
}}"""
    for kind in SHUFFLED
)
REDUCTIONS: dict[tuple[str, str], Callable[[int, int], int]] = {
    **{("add", kind): lambda a, b: a + b for kind in ("int", "unsigned")},
    **{("min", kind): min for kind in ("int", "unsigned")},
    **{("max", kind): max for kind in ("int", "unsigned")},
    ("and", "unsigned"): and_,
    ("or", "unsigned"): or_,
    ("xor", "unsigned"): xor,
}
REDUCING = "".join(
    f"""
extern "C" __global__ void reduce_{name}_{kind}(const {kind}* x, {kind}* out, unsigned mask) {{
  const int i = threadIdx.x;
  if (mask >> i & 1) out[i] = __reduce_{name}_sync(mask, x[i]);
}}"""
    for name, kind in REDUCTIONS
)
PASSING = """
extern "C" __global__ void pass_on(const int* x, int* out) {
  __shared__ int s[32];
  const int i = threadIdx.x;
  s[i] = x[i];
  __syncwarp();
  const int next = s[(i + 1) % 32];
  __syncwarp();
  s[i] = next;
  __syncwarp();
  out[i] = s[(i + 1) % 32];
}
extern "C" __global__ void active(unsigned* out, int leaving) {
  if (threadIdx.x % 32 < leaving) return;
  out[threadIdx.x] = __activemask();
}
extern "C" __global__ void branches(unsigned* out) {
  if (threadIdx.x % 3 == 0) out[threadIdx.x] = __activemask();
}"""
CODE = SHUFFLES + VOTES + MATCHES + REDUCING + PASSING


@pytest.fixture(scope="module")
def module() -> simt.RawModule:
    return simt.RawModule(code=CODE)


def numpy_type(kind: str) -> Any:
    return {"long": np.int64, "unsigned long": np.uint64}.get(kind) or TYPES[kind]


def some(rng: np.random.Generator, kind: str, n: int) -> Array:
    x = np.frombuffer(rng.bytes(16 * n), numpy_type(kind))[:n].copy()  # floats: no NaN
    return np.nan_to_num(x) if x.dtype.kind == "f" else x


def source(name: str, lane: int, operand: int, width: int) -> int:
    """The lane that a shuffle reads, as the PTX manual describes shfl.sync."""
    clamp, segment_mask, b = (0 if name == "up_" else 31), 32 - width, operand & 31
    most = (lane & segment_mask) | (clamp & ~segment_mask)
    least = lane & segment_mask
    if name == "up_":
        j, valid = lane - b, lane - b >= most
    elif name == "down_":
        j, valid = lane + b, lane + b <= most
    elif name == "xor_":
        j, valid = lane ^ b, lane ^ b <= most
    else:
        j = least | (b & ~segment_mask)
        valid = j <= most
    return j if valid else lane


def lanes(mask: int) -> list[int]:
    return [i for i in range(32) if mask >> i & 1]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["", "up_", "down_", "xor_"])
def test_a_shuffle_reads_the_lane_the_manual_says(
    module: simt.RawModule, name: str, order: str
) -> None:
    rng = np.random.default_rng(1)
    kernel = module.get_function(f"{name}_int")
    values = some(rng, "int", 96)
    for width in WIDTHS:
        for operand in (0, 1, 2, 3, 7, 15, 16, 31):
            out = np.zeros(96, np.int32)
            operands = np.full(96, operand, np.int32)
            args = (values, operands, out, np.uint32(WHOLE), np.int32(width))
            kernel((1,), (96,), args, order=order, seed=operand)
            wanted = [
                values[i // 32 * 32 + source(name, i % 32, operand, width)] for i in range(96)
            ]
            np.testing.assert_array_equal(out, wanted, f"width {width}, operand {operand}")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", SHUFFLED)
def test_every_type_is_shuffled_with_an_operand_per_lane(
    module: simt.RawModule, kind: str, order: str
) -> None:
    rng = np.random.default_rng(2)
    values = some(rng, kind, 64)
    for name in ("", "up_", "down_", "xor_"):
        out = np.zeros_like(values)
        operands = rng.integers(0, 32, 64).astype(np.int32)
        kernel = module.get_function(f"{name}_{kind.replace(' ', '_')}")
        kernel((2,), (32,), (values, operands, out, np.uint32(WHOLE), np.int32(16)), order=order)
        wanted = [
            values[i // 32 * 32 + source(name, i % 32, int(operands[i]), 16)] for i in range(64)
        ]
        np.testing.assert_array_equal(out, wanted)


def test_a_source_lane_counts_modulo_the_width(module: simt.RawModule) -> None:
    values, out, operands = np.arange(32, dtype=np.int32), *np.full((2, 32), 8 + 3, np.int32)
    module.get_function("_int")((1,), (32,), (values, operands, out, np.uint32(WHOLE), np.int32(8)))
    np.testing.assert_array_equal(out, np.arange(32) // 8 * 8 + 3)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("mask", MASKS)
def test_lanes_of_a_mask_shuffle_among_themselves(
    module: simt.RawModule, mask: int, order: str
) -> None:
    members = lanes(mask)
    values, out = np.arange(100, 132, dtype=np.int32), np.zeros(32, np.int32)
    rng = np.random.default_rng(3)
    operands = rng.choice(members, 32).astype(np.int32)
    args = (values, operands, out, np.uint32(mask), np.int32(32))
    module.get_function("_int")((1,), (32,), args, order=order)
    wanted = [values[operands[i]] if i in members else 0 for i in range(32)]
    np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("mask", MASKS)
def test_votes_are_those_of_the_mask(module: simt.RawModule, mask: int, order: str) -> None:
    rng = np.random.default_rng(4)
    kernel = module.get_function("vote")
    for share in (0, 0.1, 0.5, 0.9, 1):
        p = (rng.random(64) < share).astype(np.int32) * rng.integers(1, 1000, 64).astype(np.int32)
        out = np.zeros((64, 4), np.uint32)
        kernel((2,), (32,), (p, out, np.uint32(mask)), order=order)
        for i in range(64):
            votes = sum(1 << lane for lane in lanes(mask) if p[i // 32 * 32 + lane])
            wanted = (votes, votes != 0, votes == mask, votes in (0, mask))
            assert tuple(out[i]) == (wanted if mask >> i % 32 & 1 else (0, 0, 0, 0))


def test_lanes_that_a_block_does_not_have_do_not_vote(module: simt.RawModule) -> None:
    p, out = np.ones(20, np.int32), np.zeros((20, 4), np.uint32)
    module.get_function("vote")((1,), (20,), (p, out, np.uint32(WHOLE)))
    np.testing.assert_array_equal(out, np.tile([(1 << 20) - 1, 1, 1, 1], (20, 1)))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", SHUFFLED)
def test_lanes_find_those_with_their_value(module: simt.RawModule, kind: str, order: str) -> None:
    rng = np.random.default_rng(5)
    kernel = module.get_function(f"match_{kind.replace(' ', '_')}")
    for mask in MASKS:
        for choices in (1, 2, 5):
            x = rng.choice(some(rng, kind, choices), 32)
            out = np.zeros((32, 3), np.uint32)
            kernel((1,), (32,), (x, out, np.uint32(mask)), order=order)
            for i in lanes(mask):
                same = sum(1 << j for j in lanes(mask) if x[j] == x[i])
                assert tuple(out[i]) == (same, mask if same == mask else 0, same == mask)


def test_floats_match_by_their_bits(module: simt.RawModule) -> None:
    x = np.array([0.0, -0.0, np.nan, np.nan] * 8, np.float32)
    out = np.zeros((32, 3), np.uint32)
    module.get_function("match_float")((1,), (32,), (x, out, np.uint32(WHOLE)))
    assert list(out[:4, 0]) == [0x11111111, 0x22222222, 0xCCCCCCCC, 0xCCCCCCCC]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("name", "kind"), REDUCTIONS)
def test_a_reduction_gives_every_lane_the_total(
    module: simt.RawModule, name: str, kind: str, order: str
) -> None:
    rng = np.random.default_rng(6)
    kernel = module.get_function(f"reduce_{name}_{kind}")
    for mask in MASKS:
        x, out = some(rng, kind, 32), np.zeros(32, TYPES[kind])
        kernel((1,), (32,), (x, out, np.uint32(mask)), order=order)
        total = reduce(REDUCTIONS[name, kind], [int(x[i]) for i in lanes(mask)])
        for i in range(32):
            assert int(out[i]) & WHOLE == (total & WHOLE if mask >> i & 1 else 0)


@pytest.mark.parametrize("order", ORDERS)
def test_a_warp_barrier_publishes_shared_memory(module: simt.RawModule, order: str) -> None:
    x, out = np.arange(32, dtype=np.int32), np.zeros(32, np.int32)
    module.get_function("pass_on")((1,), (32,), (x, out), order=order, checked=True)
    np.testing.assert_array_equal(out, np.roll(x, -2))


@pytest.mark.parametrize("order", ORDERS)
def test_lanes_that_have_returned_are_not_active(module: simt.RawModule, order: str) -> None:
    out = np.zeros(32, np.uint32)
    module.get_function("active")((1,), (32,), (out, np.int32(5)), order=order)
    np.testing.assert_array_equal(out[5:], 0xFFFFFFE0)


@pytest.mark.parametrize("order", ORDERS)
def test_the_active_lanes_are_those_of_the_branch(module: simt.RawModule, order: str) -> None:
    out = np.zeros(32, np.uint32)
    module.get_function("branches")((1,), (32,), (out,), order=order)
    thirds = sum(1 << i for i in range(0, 32, 3))
    np.testing.assert_array_equal(out, [thirds if i % 3 == 0 else 0 for i in range(32)])


@pytest.mark.parametrize("order", ORDERS)
def test_reading_a_lane_outside_the_mask_is_a_finding(module: simt.RawModule, order: str) -> None:
    values, out = np.arange(32, dtype=np.int32), np.zeros(32, np.int32)
    operands = np.full(32, 20, np.int32)
    args = (values, operands, out, np.uint32(0xFFFF), np.int32(32))
    with pytest.raises(simt.KernelError) as error:
        module.get_function("_int")((1,), (32,), args, order=order, checked=True)
    assert {f.kind for f in error.value.findings} == {"inactive-lane"}
    assert "__shfl_sync" in error.value.findings[0].place.text


def test_lanes_past_the_end_of_a_segment_keep_their_own_without_a_finding(
    module: simt.RawModule,
) -> None:
    values, out = np.arange(32, dtype=np.int32), np.zeros(32, np.int32)
    operands = np.full(32, 16, np.int32)
    args = (values, operands, out, np.uint32(WHOLE), np.int32(32))
    module.get_function("down__int")((1,), (32,), args, checked=True)
    np.testing.assert_array_equal(out, np.r_[16:32, 16:32])


@pytest.mark.parametrize("width", [0, 3, 33, 64, -8])
def test_a_width_that_is_no_power_of_two_is_misuse(module: simt.RawModule, width: int) -> None:
    x = np.zeros(32, np.int32)
    args = (x, x.copy(), x.copy(), np.uint32(WHOLE), np.int32(width))
    with pytest.raises(simt.KernelError, match="power of two") as error:
        module.get_function("_int")((1,), (32,), args)
    assert error.value.findings[0].kind == "misuse"


def test_the_warp_functions_are_nvidias(tmp_path: Path) -> None:
    compile_with_nvcc(CODE, tmp_path)
