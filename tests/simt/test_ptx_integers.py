"""Integer instructions of inline PTX against whole numbers of Python."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt.elementwise import Array
from tests.simt.ptx_models import (
    clip,
    dot,
    field,
    funnel,
    highest,
    inserted,
    logic,
    permuted,
    permuted_as,
    quotient,
    saturated,
    signed,
)

HELD = {"h": ("unsigned short", np.uint16), "r": ("unsigned", np.uint32)}
HELD["l"] = ("unsigned long long", np.uint64)
BITS = {"h": 16, "r": 32, "l": 64}


@dataclasses.dataclass(frozen=True)
class Case:
    """A text, the constraints of its result and of its inputs, and what it computes of them."""

    text: str
    kinds: str  # of the result, then of each input
    model: Callable[..., int]

    def __str__(self) -> str:
        return self.text

    def kernel(self, index: int) -> str:
        """A kernel that applies it to every row of its inputs."""
        result, *inputs = self.kinds
        names = "abcd"[: len(inputs)]
        parameters = "".join(
            f", const {HELD[k][0]}* {x}" for k, x in zip(inputs, names, strict=True)
        )
        given = ", ".join(f'"{k}"({x}[i])' for k, x in zip(inputs, names, strict=True))
        return f"""
extern "C" __global__ void k{index}({HELD[result][0]}* out{parameters}, int n) {{
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) asm("{self.text}" : "={result}"(out[i]) : {given});
}}
"""


S = signed
CASES = [
    Case("add.u32 %0, %1, %2;", "rrr", lambda a, b: a + b),
    Case("add.sat.s32 %0, %1, %2;", "rrr", lambda a, b: saturated(S(a) + S(b))),
    Case("sub.u64 %0, %1, %2;", "lll", lambda a, b: a - b),
    Case("sub.sat.s32 %0, %1, %2;", "rrr", lambda a, b: saturated(S(a) - S(b))),
    Case("add.u16 %0, %1, %2;", "hhh", lambda a, b: a + b),
    Case("add.u32 %0, %1, -7;", "rr", lambda a: a - 7),
    Case("add.u32 %0, %1, (1 << 4) + 2;", "rr", lambda a: a + 18),
    Case("mul.lo.s32 %0, %1, %2;", "rrr", lambda a, b: a * b),
    Case("mul.hi.u32 %0, %1, %2;", "rrr", lambda a, b: a * b >> 32),
    Case("mul.hi.s32 %0, %1, %2;", "rrr", lambda a, b: S(a) * S(b) >> 32),
    Case("mul.lo.u64 %0, %1, %2;", "lll", lambda a, b: a * b),
    Case("mul.hi.u64 %0, %1, %2;", "lll", lambda a, b: a * b >> 64),
    Case("mul.hi.s64 %0, %1, %2;", "lll", lambda a, b: S(a, 64) * S(b, 64) >> 64),
    Case("mul.wide.u32 %0, %1, %2;", "lrr", lambda a, b: a * b),
    Case("mul.wide.s32 %0, %1, %2;", "lrr", lambda a, b: S(a) * S(b)),
    Case("mul.wide.s16 %0, %1, %2;", "rhh", lambda a, b: S(a, 16) * S(b, 16)),
    Case("mad.lo.u32 %0, %1, %2, %3;", "rrrr", lambda a, b, c: a * b + c),
    Case("mad.hi.s32 %0, %1, %2, %3;", "rrrr", lambda a, b, c: (S(a) * S(b) >> 32) + c),
    Case("mad.wide.u32 %0, %1, %2, %3;", "lrrl", lambda a, b, c: a * b + c),
    Case("div.s32 %0, %1, %2;", "rrr", lambda a, b: quotient(S(a), S(b))),
    Case("rem.s32 %0, %1, %2;", "rrr", lambda a, b: S(a) - quotient(S(a), S(b)) * S(b)),
    Case("rem.u32 %0, %1, %2;", "rrr", lambda a, b: a % b),
    Case("min.s32 %0, %1, %2;", "rrr", lambda a, b: min(S(a), S(b))),
    Case("max.u32 %0, %1, %2;", "rrr", max),
    Case("max.s64 %0, %1, %2;", "lll", lambda a, b: max(S(a, 64), S(b, 64))),
    Case("min.s16 %0, %1, %2;", "hhh", lambda a, b: min(S(a, 16), S(b, 16))),
    Case("neg.s32 %0, %1;", "rr", lambda a: -a),
    Case("abs.s32 %0, %1;", "rr", lambda a: abs(S(a))),
    Case("sad.s32 %0, %1, %2, %3;", "rrrr", lambda a, b, c: abs(S(a) - S(b)) + c),
    Case("and.b32 %0, %1, %2;", "rrr", lambda a, b: a & b),
    Case("or.b64 %0, %1, %2;", "lll", lambda a, b: a | b),
    Case("xor.b16 %0, %1, %2;", "hhh", lambda a, b: a ^ b),
    Case("not.b32 %0, %1;", "rr", lambda a: ~a),
    Case("cnot.b32 %0, %1;", "rr", lambda a: int(a == 0)),
    Case("shl.b32 %0, %1, %2;", "rrr", lambda a, b: a << min(b, 32)),
    Case("shl.b64 %0, %1, %2;", "llr", lambda a, b: a << min(b, 64)),
    Case("shr.u32 %0, %1, %2;", "rrr", lambda a, b: a >> min(b, 32)),
    Case("shr.s32 %0, %1, %2;", "rrr", lambda a, b: S(a) >> min(b, 32)),
    Case("shr.s64 %0, %1, %2;", "llr", lambda a, b: S(a, 64) >> min(b, 64)),
    *(
        Case(
            f"lop3.b32 %0, %1, %2, %3, {table:#x};",
            "rrrr",
            lambda a, b, c, table=table: logic(a, b, c, table),
        )
        for table in (0x00, 0x96, 0xE8, 0xCA, 0x78, 0x01, 0xFF)
    ),
    Case("prmt.b32 %0, %1, %2, %3;", "rrrr", permuted),
    Case("prmt.b32 %0, %1, %2, 0x7531;", "rrr", lambda a, b: permuted(a, b, 0x7531)),
    *(
        Case(f"prmt.b32.{mode} %0, %1, %2, %3;", "rrrr", permuted_as(mode))
        for mode in ("f4e", "b4e", "rc8", "ecl", "ecr", "rc16")
    ),
    Case("bfe.u32 %0, %1, %2, %3;", "rrrr", lambda a, b, c: field(a, b, c, 32, False)),
    Case("bfe.s32 %0, %1, %2, %3;", "rrrr", lambda a, b, c: field(a, b, c, 32, True)),
    Case("bfe.u64 %0, %1, %2, %3;", "llrr", lambda a, b, c: field(a, b, c, 64, False)),
    Case("bfe.s64 %0, %1, %2, %3;", "llrr", lambda a, b, c: field(a, b, c, 64, True)),
    Case("bfi.b32 %0, %1, %2, %3, %4;", "rrrrr", inserted),
    Case("bfi.b64 %0, %1, %2, %3, %4;", "lllrr", lambda a, b, c, d: inserted(a, b, c, d, 64)),
    Case("bfind.u32 %0, %1;", "rr", lambda a: highest(a, 32, False)),
    Case("bfind.s32 %0, %1;", "rr", lambda a: highest(a, 32, True)),
    Case("bfind.shiftamt.u32 %0, %1;", "rr", lambda a: 32 - a.bit_length() if a else -1),
    Case("bfind.s64 %0, %1;", "rl", lambda a: highest(a, 64, True)),
    Case("brev.b32 %0, %1;", "rr", lambda a: int(f"{a:032b}"[::-1], 2)),
    Case("brev.b64 %0, %1;", "ll", lambda a: int(f"{a:064b}"[::-1], 2)),
    Case("popc.b32 %0, %1;", "rr", lambda a: bin(a).count("1")),
    Case("popc.b64 %0, %1;", "rl", lambda a: bin(a).count("1")),
    Case("clz.b32 %0, %1;", "rr", lambda a: 32 - a.bit_length()),
    Case("clz.b64 %0, %1;", "rl", lambda a: 64 - a.bit_length()),
    *(
        Case(f"shf.{way}.{how}.b32 %0, %1, %2, %3;", "rrrr", funnel(way == "l", how == "wrap"))
        for way in "lr"
        for how in ("wrap", "clamp")
    ),
    *(
        Case(
            f"dp4a.{a}32.{b}32 %0, %1, %2, %3;",
            "rrrr",
            lambda x, y, z, kinds=a + b: dot(x, y, z, kinds),
        )
        for a in "su"
        for b in "su"
    ),
    Case(
        "{.reg .pred p; setp.lt.s32 p, %1, %2; selp.b32 %0, %1, %2, p;}",
        "rrr",
        lambda a, b: a if S(a) < S(b) else b,
    ),
    Case(
        "{.reg .pred p; setp.hi.u32 p, %1, %2; mov.u32 %0, 1; @!p mov.u32 %0, 2;}",
        "rrr",
        lambda a, b: 1 if a > b else 2,
    ),
    Case(
        "{.reg .pred p, q; setp.eq.u32 p|q, %1, %2; selp.u32 %0, 1, 0, q;}",
        "rrr",
        lambda a, b: int(a != b),
    ),
    Case(
        "{.reg .pred p, q, r; setp.ge.s32 p, %1, 0; setp.ge.and.s32 q, %2, 0, p;"
        " xor.pred r, p, q; selp.u32 %0, 3, 4, r;}",
        "rrr",
        lambda a, b: 3 if S(a) >= 0 > S(b) else 4,
    ),
    Case(
        "{.reg .b32 lo, hi; mov.b64 {lo, hi}, %1; add.u32 hi, hi, lo; mov.b64 %0, {hi, lo};}",
        "ll",
        lambda a: (a + (a >> 32)) % 2**32 | (a % 2**32) << 32,
    ),
    Case(
        "{.reg .b16 x<2>; mov.b32 {x0, x1}, %1; mov.b32 %0, {x1, x0};}",
        "rr",
        lambda a: a >> 16 | a << 16,
    ),
    Case("cvt.s32.s8 %0, %1;", "rr", lambda a: S(a, 8)),
    Case("cvt.u32.u16 %0, %1;", "rh", lambda a: a),
    Case("cvt.s64.s32 %0, %1;", "lr", S),
    Case("cvt.sat.s8.s32 %0, %1;", "rr", lambda a: clip(S(a), -128, 127)),
    Case("cvt.sat.u8.s32 %0, %1;", "rr", lambda a: clip(S(a), 0, 255)),
    Case("cvt.u32.u64 %0, %1;", "rl", lambda a: a),
    Case(
        "{.reg .pred p; .reg .u32 n; mov.u32 n, 0; and.b32 %0, %1, 63;"
        " AGAIN: setp.eq.u32 p, %0, 0; @p bra DONE; add.u32 n, n, %0; sub.u32 %0, %0, 1;"
        " bra AGAIN; DONE: mov.u32 %0, n;}",
        "rr",
        lambda a: (a & 63) * ((a & 63) + 1) // 2,
    ),
    Case("// a comment; with a semicolon\\n/* and { another */ mov.u32 %0, %1;", "rr", lambda a: a),
]


@functools.cache
def module() -> simt.RawModule:
    return simt.RawModule("".join(case.kernel(i) for i, case in enumerate(CASES)))


EDGES = [0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF]
EDGES += [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xDEADBEEF, 2**63 - 1, 2**63, 2**64 - 1]


def inputs(kinds: str, seed: int) -> list[Array]:
    """Every pair of edges, and random numbers of every magnitude."""
    rng = np.random.default_rng(seed)
    columns = []
    for i, kind in enumerate(kinds):
        bits = BITS[kind]
        edges = np.array([e % 2**bits for e in EDGES], np.uint64)
        grid = np.repeat(edges, edges.size) if i % 2 == 0 else np.tile(edges, edges.size)
        if i > 1:
            grid = rng.permutation(grid)
        size = rng.integers(0, bits, 500).astype(np.uint64)
        drawn = rng.integers(0, 2**64, 500, np.uint64) >> (np.uint64(64 - bits) + size)
        columns.append(np.concatenate([grid, drawn]).astype(HELD[kind][1]))
    return columns


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_computes_what_whole_numbers_do(case: Case) -> None:
    result, *given = case.kinds
    columns = inputs("".join(given), len(case.text))
    if case.text.startswith(("div", "rem")):
        kept = columns[1] != 0
        columns = [column[kept] for column in columns]
    out = np.zeros(columns[0].size, HELD[result][1])
    kernel = module().get_function(f"k{CASES.index(case)}")
    kernel(-(-out.size // 128), 128, (out, *columns, np.int32(out.size)))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    expected = [case.model(*row) % 2 ** BITS[result] for row in rows]
    wrong = np.flatnonzero(out != np.array(expected, HELD[result][1]))
    assert not wrong.size, (
        f"{[hex(column[wrong[0]]) for column in columns]} gives {int(out[wrong[0]]):#x}, "
        f"expected {expected[wrong[0]]:#x}"
    )
