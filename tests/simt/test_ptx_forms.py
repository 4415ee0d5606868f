"""The emulator takes PTX as nvcc's own assembler takes it, and refuses what that refuses."""

from __future__ import annotations

import ctypes as c
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from attention_scratch.simt.compile import toolchain
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
        f"__global__ void k{index}(const unsigned long long* in, unsigned long long* out) "
        f"{{ {held} {statement} {used} }}"
    )


def assemble(code: str, folder: Path) -> str:
    """What nvcc and ptxas say about a source; empty if it compiles."""
    source = folder / "forms.cu"
    source.write_text(code)
    command = ["nvcc", "-arch=sm_90a", "-cubin", "-w", "-o", str(folder / "out"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr) if done.returncode else ""


@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_is_understood(family: str) -> None:
    for text, operands in FAMILIES[family]:
        assert parse(text, operands)[0] == 0, (text, parse(text, operands)[1])


@pytest.mark.parametrize(("text", "operands"), REFUSED)
def test_a_wrong_form_is_refused(text: str, operands: str) -> None:
    assert parse(text, operands)[0] != 0


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("nvcc"), reason="needs nvcc")
@pytest.mark.parametrize("family", FAMILIES)
def test_nvcc_takes_every_form_the_emulator_takes(family: str, tmp_path: Path) -> None:
    forms = enumerate(FAMILIES[family])
    code = "\n".join(kernel(i, text, operands) for i, (text, operands) in forms)
    assert assemble(code, tmp_path) == ""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("nvcc"), reason="needs nvcc")
def test_nvcc_refuses_what_the_emulator_refuses(tmp_path: Path) -> None:
    taken = [form for form in REFUSED if not assemble(kernel(0, *form), tmp_path)]
    assert taken == []
