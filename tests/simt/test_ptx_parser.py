"""The parser of inline PTX takes any text: it lists instructions or says what is wrong."""

from __future__ import annotations

import ctypes as c
import functools
import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attention_scratch import simt
from attention_scratch.simt.compile import toolchain

FINE, UNSUPPORTED, WRONG = 0, 1, 2


@functools.cache
def parser() -> c._CFuncPtr:
    function = toolchain.runtime().simt_ptx_parse
    function.argtypes = [c.c_char_p, c.c_char_p, c.c_char_p, c.c_uint32]
    return function


def parse(text: str, operands: str = "=r r r l=f f h=d") -> tuple[int, str]:
    """Whether the text can run, and its listing or what is wrong with it."""
    out = c.create_string_buffer(b"\xee" * 4096, 4097)
    code = parser()(text.encode(), operands.encode(), out, 4096)
    assert out.raw[4096:] == b"\0"
    assert b"\0" in out.raw[:4096]
    return code, out.value.decode("ascii")


WORDS = [
    *["add", "mov", "mma", "ldmatrix", "cp", "mbarrier", "setp", "cvt", "lop3", "prmt", "ld", "st"],
    *["bra", "shfl", "atom", "bar", "sync", "async", "u32", "f32", "s64", "b16", "f16x2", "pred"],
    *["reg", "rn", "aligned", "m16n8k16", "x4", "shared", "global", "shared::cta", "v4", "wide"],
]
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from([*".,;:{}[]()@!%|<>+-*~&^_ \n\t\"'\\", "//", "/*", "*/", "::", "%0", "%7"]),
    st.sampled_from(["0x", "0xffffffffffffffff", "1e999", "0f3f800000", "0d", "-1", "99999999999"]),
    st.text(max_size=3).filter(lambda text: "\0" not in text),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
@example("{" * 1000)
@example("add.u32 %0, " + "(" * 5000)
@example("mov.u32 %0, {" + "{" * 5000)
@example(".reg .b32 r<4294967295>;")
@example(".reg .b32 r<4096>; .reg .b32 s<4096>;")
@example("a" * 100_000 + ";")
@example("add.u32 %0, %1, 1;" * 20_000)
@example("/*")
@example("@")
@example("mov.f32 %5, 0f3f8000;")
@example("L: bra L; L: bra L;")
@example("mov.u32 %0, %99999999999999999999;")
def test_any_text_is_listed_or_refused(text: str) -> None:
    code, listing = parse(text)
    assert code in (FINE, UNSUPPORTED, WRONG)
    assert (code == FINE) == (listing == "" or listing.endswith(";\n"))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), max_size=6),
    st.lists(
        st.sampled_from(
            ["%0", "%1", "%3", "%4", "%7", "[%3]", "[%1+4]", "{%0, %1}", "7", "1.5", "_"]
        ),
        max_size=5,
    ),
)
def test_any_combination_of_words_and_operands_is_listed_or_refused(
    name: str, words: list[str], operands: list[str]
) -> None:
    text = ".".join([name, *words]) + " " + ", ".join(operands) + ";"
    code, listing = parse(text)
    if code == FINE:
        assert listing == ".".join([name, *words]) + ";\n"


@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_a_listing_never_leaves_its_room(size: int) -> None:
    out = c.create_string_buffer(b"\xee" * 16, 16)
    parser()(b"add.u32 %0, %1, 1;", b"=r r", out, size)
    assert out.raw[size:] == b"\xee" * (16 - size)
    assert out.raw[:size] == (b"add.u32 %0"[: size - 1] + b"\0" if size else b"")[:size]


@pytest.mark.parametrize(
    ("text", "listing"),
    [
        ("add.u32 %0, %1, 1", None),
        (" add . u32 %0 , %1 , 0x10 ; ", None),
        ("add.u32 %0, %1, %2;", "add.u32;\n"),
        ("add.u32 %0, %1, -1;", "add.u32;\n"),
        ("add.u32 %0, %1, (1 << 4) + 2;", "add.u32;\n"),
        (
            "{ .reg .pred p; setp.eq.u32 p, %1, 0; @!p mov.u32 %0, 1; }",
            "setp.eq.u32;\n@!p mov.u32;\n",
        ),
        ("// nothing\nmov.u32 %0, %tid.x; /* more */", "mov.u32;\n"),
        ("mov.u32 %0, %%laneid;", "mov.u32;\n"),
        ("", ""),
    ],
)
def test_the_listing_says_what_was_understood(text: str, listing: str | None) -> None:
    code, made = parse(text)
    if listing is None:
        assert code == WRONG
    else:
        assert (code, made) == (FINE, listing)


@pytest.mark.parametrize(
    "text",
    [
        "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%4}, %3, %3, 1, 1, 1, 0, 0;",
        "tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%1], 32;",
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.bulk_group [%1], [%3, {%1, %1}];",
        "barrier.cluster.arrive.aligned;",
        "mapa.shared::cluster.u32 %0, %1, 0;",
        "multimem.ld_reduce.global.add.f32 %4, [%3];",
        "frobnicate.u32 %0, %1;",
        "add.u33 %0, %1, 1;",
    ],
)
def test_what_is_not_emulated_is_named(text: str) -> None:
    code, message = parse(text)
    assert code == UNSUPPORTED
    assert text.split()[0].split(".")[0] in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("add.u32 %0, %1;", "missing"),
        ("add.u32 %0, %1, %2, %2;", "many"),
        ("add.u32 %0, %4, 1;", "f32"),
        ("add.f32 %4, %5, 1;", "integer"),
        ("add.u32 %8, %1, 1;", "%8"),
        ("ld.global.u32 %0, [%1];", "64 bits"),
        ("cp.async.wait_group %1;", "constant"),
        ("cp.async.cg.shared.global [%1], [%3], 8;", "16"),
        ("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %0}, [%1];", "4"),
        ("bra nowhere;", "nowhere"),
        (".reg .b32 a; .reg .b32 a;", "twice"),
        ("add.u32 %0, q, 1;", ""),
    ],
)
def test_what_ptxas_refuses_is_refused_with_a_reason(text: str, part: str) -> None:
    code, message = parse(text)
    assert code == WRONG
    assert part in message


RACE = r"""
extern "C" __global__ void k(unsigned* out) {
  unsigned x = blockIdx.x * blockDim.x + threadIdx.x, y;
  asm("mul.lo.u32 %0, %1, 3;" : "=r"(y) : "r"(x));
  out[x] = y;
}
"""


def test_several_workers_decode_a_statement_at_once() -> None:
    for _ in range(5):
        out = np.zeros(64 * 32, np.uint32)
        code = RACE + f"// {threading.get_ident()} {_}\n"
        simt.RawModule(code).get_function("k")(64, 32, (out,))
        np.testing.assert_array_equal(out, 3 * np.arange(out.size, dtype=np.uint32))
