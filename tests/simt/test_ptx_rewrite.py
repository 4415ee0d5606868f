"""Asm statements of a source become C++ that means the same, on the same lines."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch import simt
from attention_scratch.simt.compile import ptx

needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="needs nvcc")


def statement(body: str) -> ptx.Statement:
    return ptx.parse(body, 1)


def test_a_source_without_asm_stays_as_it_is() -> None:
    code = '// asm("x");\nconst char* s = "asm(";\nint plasma(int masm) { return masm; }\n'
    assert ptx.rewrite(code) == code


@pytest.mark.parametrize(
    "head", ["asm(", "asm volatile(", "__asm__ __volatile__(", "asm /* x */ volatile\n("]
)
def test_every_spelling_is_rewritten(head: str) -> None:
    code = f'void f() {{ {head}"bar.sync 0;"); }}'
    made = ptx.rewrite(code)
    assert "simt::ptx_run" in made
    assert "asm" not in made
    assert made.count("\n") == code.count("\n")


def test_operands_keep_their_order_and_direction() -> None:
    made = statement('"t" : "=r"(a), "+f"(b[i]) : "l"(f(x, y)), "n"(N > 2 ? 1 : 0) : "memory"')
    assert [(o.direction, o.kind, o.value) for o in made.operands] == [
        ("=", "r", "a"),
        ("+", "f", "b[i]"),
        (" ", "l", "f(x, y)"),
        (" ", "n", "N > 2 ? 1 : 0"),
    ]


@pytest.mark.parametrize(
    "body", ['"t" :: "r"(x)', '"t" : : "r"(x)', '"t" :: "r"(x) :: ', '"t"::"r"(x):']
)
def test_empty_sections_may_touch(body: str) -> None:
    if body.count(":") > 3:
        with pytest.raises(ptx.PtxError):
            statement(body)
    else:
        assert statement(body).operands == (ptx.Operand(" ", "r", "x"),)


def test_a_scope_or_a_choice_inside_an_operand_is_no_section() -> None:
    made = statement('"t" :: "r"(std::min(a, b)), "r"(c ? d : e), "r"(\':\')')
    assert [o.value for o in made.operands] == ["std::min(a, b)", "c ? d : e", "':'"]


def test_a_doubled_percent_is_one_where_there_are_sections_only() -> None:
    assert statement('"mov.u32 %0, %%tid.x;" : "=r"(x)').text == '"mov.u32 %0, %tid.x;"'
    assert statement('"mov.u32 t, %%tid.x;"').text == '"mov.u32 t, %%tid.x;"'


def test_text_may_be_pieces_macros_and_raw_strings() -> None:
    code = 'asm("ld" SPACE ".u32 %0, [%1];" R"(\n // "x"\n)" : "=r"(a) : "l"(p));'
    made = ptx.rewrite(code)
    assert '{"ld" SPACE ".u32 %0, [%1];" "\\n // \\"x\\"\\n", "=r l", nullptr}' in made
    assert made.count("\n") == code.count("\n")


@given(st.lists(st.sampled_from(["\n", "  ", "// c\n", "/* (\n */", "\t"]), max_size=12))
def test_line_numbers_never_move(blanks: list[str]) -> None:
    gap = "".join(blanks)
    code = f'a\nasm{gap}("x;"{gap}:{gap}"=r"{gap}(y){gap}::"memory"{gap});\nint last;\n'
    assert ptx.rewrite(code).split("\n").index("int last;") == code.split("\n").index("int last;")


def test_a_statement_inside_a_macro_stays_inside_it() -> None:
    code = (
        '#define COPY(d, s) \\\n  asm volatile("x;" \\\n    :: "r"(d), \\\n "l"(s))\nint after;\n'
    )
    lines = ptx.rewrite(code).split("\n")
    assert lines[4] == "int after;"
    assert all(line.endswith("\\") for line in lines[:3])
    assert "simt::ptx_bits(simt_o1)" in lines[1]


@pytest.mark.parametrize(
    ("code", "line", "part"),
    [
        ('\n\nasm("x;" : "=r"(a)', 3, "closing parenthesis"),
        ('asm("x;" : "r"(a));', 1, "output (a)"),
        ('asm("x;" :: "=r"(a));', 1, "input (a)"),
        ('asm("x;" :: [n] "r"(a));', 1, "%0, %1"),
        ('asm("x;" :: "m"(a));', 1, 'constraint "m"'),
        ('asm("x;" :: "0"(a));', 1, 'constraint "0"'),
        ('asm("x;" :: "r" a);', 1, '"constraint"(expression)'),
        ('asm("x;" : "=r"(a), : );', 1, "missing beside a comma"),
        ("asm();", 1, "without a text"),
        ('\nasm("x;" :::: lab);', 2, "more than"),
        ('asm goto("x;" :::: lab);', 1, "goto"),
        ('asm("x;" ::: memory);', 1, "clobber"),
        ('asm("x;"\n#ifdef A\n"y;"\n#endif\n);', 1, "directives"),
    ],
)
def test_what_nvcc_refuses_is_refused_with_its_line(code: str, line: int, part: str) -> None:
    with pytest.raises(ptx.PtxError) as caught:
        ptx.rewrite(code)
    assert caught.value.line == line
    assert part in str(caught.value)


@given(st.text(alphabet="asm volti(){}[]\":,;=+rfl%0x\\\n/*#R'", max_size=80))
def test_any_text_is_rewritten_or_refused_and_keeps_its_lines(code: str) -> None:
    lines = code.count("\n")
    try:
        kept, line = ptx.rewrite(code).count("\n"), 1
    except ptx.PtxError as error:
        kept, line = lines, error.line
    assert kept == lines
    assert 1 <= line <= lines + 1


REFUSED_FORMS = [
    'asm("mov.u32 %0, %1;" : "=r"(u) : "0"(u));',
    'asm("mov.u32 %0, 5;" : "r"(u));',
    'asm(("mov.u32 %0, 5;") : "=r"(u));',
]
REFUSED_TYPES = [
    'asm("mov.b32 %0, %1;" : "=r"(u) : "r"(h));',
    'asm("mov.b32 %0, %1;" : "=r"(u) : "r"(f));',
    'asm("mov.b32 %0, %1;" : "=f"(u) : "r"(u));',
    'asm("mov.b64 %0, %1;" : "=l"(l) : "l"(u));',
    'asm("mov.b16 %0, %1;" : "=h"(h) : "h"(u));',
    'asm("mov.b32 %0, %1;" : "=f"(f) : "f"(1.0));',
    'asm("mov.u32 %0, %1;" : "=r"(u) : "n"(u));',
]
TAKEN_BY_NVCC = [
    'asm("mov.b64 %0, %1;" : "=l"(l) : "l"(p));',
    'asm("mov.b64 %0, %1;" : "=l"(p) : "l"(l));',
    'asm("mov.b32 %0, %1;" : "=&r"(u) : "r"(e));',
    'asm("mov.u32 %0, %1;" : "=r"(u) : "n"(sizeof(int) * 2));',
    'asm("mov.%1 %0, 5;" : "=r"(u) : "C"(text));',
]


def kernel(asm: str, name: str = "k") -> str:
    """A kernel on one line."""
    return (
        f'extern "C" __global__ void {name}(unsigned* p, unsigned u, float f, short h, E e,'
        " long long l) {"
        ' [[maybe_unused]] static constexpr char text[] = "u32";'
        f" {asm} p[0] = u + (unsigned)f + (unsigned)h + (unsigned)l; }}\n"
    )


ENUM = "enum E { A };\n"


def kernels(asms: list[str]) -> str:
    """A source whose line i + 2 holds the i-th statement."""
    return ENUM + "".join(kernel(asm, f"k{i}") for i, asm in enumerate(asms))


@pytest.mark.parametrize("asm", REFUSED_FORMS)
def test_other_forms_are_refused(asm: str) -> None:
    with pytest.raises(simt.CompileError) as caught:
        simt.RawModule(ENUM + kernel(asm)).get_function("k")
    assert caught.value.findings[0].place.line == 2


def test_operands_of_another_type_are_refused_each_at_its_line() -> None:
    with pytest.raises(simt.CompileError) as caught:
        simt.RawModule(kernels(REFUSED_TYPES)).get_function("k0")
    lines = {finding.place.line for finding in caught.value.findings}
    assert lines == set(range(2, 2 + len(REFUSED_TYPES)))


def test_operands_of_the_right_types_compile() -> None:
    assert simt.RawModule(kernels(TAKEN_BY_NVCC)).get_function("k0")


@needs_nvcc
def test_nvcc_refuses_and_takes_the_same(tmp_path: Path) -> None:
    asms = REFUSED_FORMS + REFUSED_TYPES + TAKEN_BY_NVCC
    file = tmp_path / "kernel.cu"
    file.write_text(kernels(asms))
    command = ["nvcc", "-arch=sm_80", "-ptx", "-o", str(tmp_path / "out"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [int(line) for line in re.findall(r"kernel\.cu\((\d+)\): error", done.stderr)]
    assert [asms[line - 2] for line in lines] == [*REFUSED_FORMS, *REFUSED_TYPES]
