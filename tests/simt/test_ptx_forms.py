"""The emulator takes PTX as nvcc's own assembler takes it, and refuses what that refuses."""

from __future__ import annotations

import ctypes as c
import re
from pathlib import Path

import pytest

from attention_scratch.simt.compile import toolchain
from tests.simt.nvidia import complaints, kernels_at_fault
from tests.simt.ptx_forms import FAMILIES

TYPES = {"h": "unsigned short", "r": "unsigned", "l": "unsigned long long", "f": "float"}
TYPES["d"] = "double"
# What ptxas refuses: a wrong type, count, constant or place of an operand.
REFUSED = [
    ("add.s32 %0, %1, 1;", "=r f"),
    ("add.u32 %0, %1, 1;", "=r h"),
    ("add.u64 %0, %1, 1;", "=l r"),
    ("mul.f32 %0, %1, 2;", "=f f"),
    ("add.u32 %0, %%tid.x, 1;", "=r"),
    ("mov.u32 %0, %%clock64;", "=r"),
    ("fma.f32 %0, %1, %1, %1;", "=f f"),
    ("cvt.f16.f32 %0, %1;", "=h f"),
    ("cvt.s32.f32 %0, %1;", "=r f"),
    ("shl.u32 %0, %1, 1;", "=r r"),
    ("cp.async.wait_group %0;", " r"),
    ("cp.async.cg.shared.global [%0], [%1], 8;", " r l"),
    ("cp.async.ca.shared.global [%0], [%1], %2;", " r l r"),
    ("lop3.b32 %0, %1, %1, %1, %1;", "=r r"),
    ("ld.global.v3.f32 {%0, %0, %0}, [%1];", "=f l"),
    ("ldmatrix.sync.aligned.m8n8.x1.shared.b16 %0, [%1];", "=r r"),
    ("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0}, [%1];", "=r r"),
    (
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32"
        " {%0, %0, %0, %0}, {%1}, {%1}, {%0, %0, %0, %0};",
        "+f r",
    ),
    ("selp.u32 %0, 1, 0, %1;", "=r r"),
    ("@q mov.u32 %0, 1;", "=r"),
    ("mov.u32 %0, 1", "=r"),
]


def parse(text: str, operands: str) -> tuple[int, str]:
    out = c.create_string_buffer(1000)
    code = toolchain.runtime().simt_ptx_parse(
        text.replace("%%", "%").encode(), operands.encode(), out, 1000
    )
    return code, out.value.decode()


def kernel(index: int, text: str, operands: str) -> str:
    """A kernel on one line that has the statement in it."""
    pairs = [operands[i : i + 2] for i in range(0, len(operands), 2)]
    held = " ".join(f"{TYPES[kind]} v{i} = in[{i}];" for i, (_, kind) in enumerate(pairs))
    outputs = [f'"{d}{kind}"(v{i})' for i, (d, kind) in enumerate(pairs) if d != " "]
    inputs = [f'"{kind}"(v{i})' for i, (d, kind) in enumerate(pairs) if d == " "]
    used = " ".join(f"out[{i}] = v{i};" for i, (d, _) in enumerate(pairs) if d != " ")
    text = re.sub(r"(?<!%)%(?=[a-z])", "%%", text) if pairs else text
    literal = text.replace("\n", "\\n").replace("\t", " ")
    statement = (
        f'asm volatile("{literal}" : {", ".join(outputs)} : {", ".join(inputs)} : "memory");'
    )
    if not pairs:
        statement = f'asm volatile("{literal}");'
    return (
        f'extern "C" __global__ void k{index}(const unsigned long long* in, '
        f"unsigned long long* out) {{ {held} {statement} {used} }}"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_is_understood(family: str) -> None:
    for text, operands in FAMILIES[family]:
        assert parse(text, operands)[0] == 0, (text, parse(text, operands)[1])


@pytest.mark.parametrize(("text", "operands"), REFUSED)
def test_a_wrong_form_is_refused(text: str, operands: str) -> None:
    assert parse(text, operands)[0] != 0


@pytest.mark.slow
def test_nvcc_takes_every_form_the_emulator_takes(tmp_path: Path) -> None:
    forms = [form for family in FAMILIES.values() for form in family]
    words = complaints("\n".join(kernel(i, *form) for i, form in enumerate(forms)), tmp_path)
    wrong = kernels_at_fault(words, tmp_path)
    assert {forms[int(name[1:])]: what for name, what in wrong.items()} == {}
    assert words == ""


@pytest.mark.slow
def test_nvcc_refuses_what_the_emulator_refuses(tmp_path: Path) -> None:
    forms = REFUSED  # the last one's syntax ends ptxas: it would see none after it
    words = complaints("\n".join(kernel(i, *form) for i, form in enumerate(forms)), tmp_path)
    refused = kernels_at_fault(words, tmp_path)
    assert [form for i, form in enumerate(forms) if f"k{i}" not in refused] == []
