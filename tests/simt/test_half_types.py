"""The types convert where CUDA's do and nowhere else: nvcc, where it is there, is the judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_scratch import simt
from tests.simt import test_half_arithmetic, test_half_conversions, test_half_functions
from tests.simt.float16 import BFLOAT16, FORMATS, HALF, Format, source
from tests.simt.nvidia import complaints, lines_at_fault

ACCEPTED = (
    "T x = 1.5f; out[0] = x;",
    "T x = 3; x = 2.5; x = 7u; x = 5ll; out[0] = x;",
    "float f = a[0]; double d = float(a[1]); out[0] = T(f + d);",
    "int i = a[0]; out[0] = T(i);",
    "out[0] = a[0] + T(1.0f);",
    "out[0] += a[0]; out[1] -= a[1]; out[2] *= a[0]; out[3] /= a[1]; ++out[4]; out[5]--;",
    "if (a[0] < a[1] && a[0]) out[0] = -a[1];",
    "out[0] = a[0] > T(0.0f) ? a[0] : T(0.0f);",
    "float f = __NAME2float(a[0]) * 2; out[0] = __float2NAME(f);",
    "T2 p = {a[0], a[1]}; p = p * p + p; p.x = a[2]; out[0] = p.y;",
    "const T2* p = reinterpret_cast<const T2*>(a); out[0] = __low2NAME(__hfma2(p[0], p[1], p[2]));",
    "T fragment[4] = {}; for (T& x : fragment) x = a[0]; out[0] = fragment[3];",
    "__shared__ T tile[32][33]; tile[0][threadIdx.x] = a[0]; __syncthreads(); out[0] = tile[0][1];",
    "RAW raw = a[0]; raw.x ^= 1; out[0] = raw;",
    "union { float4 all; T2 pairs[4]; } u; u.all = *reinterpret_cast<const float4*>(a); "
    "out[0] = u.pairs[2].x;",
    "out[0] = __shfl_down_sync(0xffffffffu, a[0], 1) + __ldg(&a[1]);",
    "T2 p = __shfl_xor_sync(0xffffffffu, T2(a[0], a[1]), 16); out[0] = p.x;",
    "static_assert(sizeof(T) == 2 && sizeof(T2) == 4 && alignof(T2) == 4); out[0] = a[0];",
    "static_cast<void>(sqrtf(a[0])); out[0] = expf(float(a[0]));",
)
REFUSED = (
    "out[0] = a[0] + 1.0f;",
    "out[0] = 2 * a[0];",
    "float f = 0; f += a[0] * 0.5f;",
    "if (a[0] < 1.0f) out[0] = a[0];",
    "out[0] = max(a[0], a[1]);",
    "T2 p = a[0];",
    "T2 p = {a[0], a[1]}; out[0] = p;",
    "unsigned short bits = a[0].__x;",
    "T* p = &a[0];",
)


def program(form: Format, bodies: tuple[str, ...]) -> str:
    kernels = "".join(
        f'extern "C" __global__ void k{i}(const T* a, T* out) {{ {body} }}\n'
        for i, body in enumerate(bodies)
    )
    names = f"using T = {form.type};\nusing T2 = {form.pair};\nusing RAW = {form.type}_raw;\n"
    return f"#include <{form.header}>\n{names}{kernels.replace('NAME', form.name)}"


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_what_cuda_accepts_compiles(form: Format, checked: bool) -> None:
    simt.RawModule(program(form, ACCEPTED), checked=checked).get_function("k0")


@pytest.mark.parametrize("body", REFUSED)
def test_what_cuda_refuses_is_refused(body: str) -> None:
    with pytest.raises(simt.CompileError):
        simt.RawModule(program(HALF, (body,))).get_function("k0")


@pytest.mark.slow
def test_nvcc_takes_it_too_and_the_sources_of_the_other_tests(tmp_path: Path) -> None:
    sources = [program(form, ACCEPTED) for form in FORMATS]
    others = (test_half_arithmetic, test_half_conversions, test_half_functions)
    sources += [source(form, tests.EXPRESSIONS) for tests in others for form in FORMATS]
    lines = [f"#include <{form.header}>" for form in FORMATS]
    for i, text in enumerate(sources):  # each in a namespace of its own
        plain = text.replace('extern "C"', "").split("\n", 1)[1]
        lines += [f"namespace s{i} {{", plain, "}"]
    assert complaints("\n".join(lines), tmp_path, "90") == ""


@pytest.mark.slow
def test_nvcc_refuses_it_too(tmp_path: Path) -> None:
    code = program(HALF, REFUSED)
    wrong = lines_at_fault(complaints(code, tmp_path, "90"))
    kernels = {i: line for i, line in enumerate(code.splitlines(), 1) if "__global__" in line}
    assert len(kernels) == len(REFUSED)
    assert [kernel for i, kernel in kernels.items() if i not in wrong] == []


def test_a_kernel_takes_the_types_by_value() -> None:
    code = f"""#include <{BFLOAT16.header}>
extern "C" __global__ void k(__half a, __nv_bfloat16 b, float* out) {{
  out[0] = float(a);
  out[1] = float(b);
}}"""
    out = np.zeros(2, np.float32)
    kernel = simt.RawModule(code).get_function("k")
    kernel(1, 1, (np.float16(1.5), np.uint16(BFLOAT16.bits(-2.5)), out))
    assert out.tolist() == [1.5, -2.5]
