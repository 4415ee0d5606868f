"""What does not compile is explained at the learner's own line; what is missing is named."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.simt.compile_errors import explain_failure, unsupported_feature
from attention_scratch.simt.source import Source

KERNEL = 'extern "C" __global__ void k(float* x, const float* y, int n) {\n  %s\n}'


def compile_error(code: str) -> simt.CompileError:
    with pytest.raises(simt.CompileError) as caught:
        simt.RawModule(code).get_function("k")
    return caught.value


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("x[0] = 1.0f", "expected ';'"),
        ("x[0] = z;", "'z'"),
        ("y[0] = 1.0f;", "read-only"),
    ],
)
def test_an_error_carries_the_line_and_the_compilers_words(statement: str, message: str) -> None:
    error = compile_error(KERNEL % statement)
    assert error.findings[0].kind == "compile-error"
    assert error.findings[0].place.line == 2
    assert message in str(error)
    assert statement in str(error)
    assert "Traceback" not in str(error)


UNSUPPORTED = {
    "if (n < 0) exit(1);": "a function of the host's C library",
    "x = (float*)malloc(4);": "memory allocation inside a kernel",
    "cudaDeviceSynchronize();": "the host's CUDA runtime",
    "x[0] = tex2D<float>(0, 1.0f, 1.0f);": "textures and surfaces",
    "__nv_fp8_e4m3 h; x[0] = 0;": "8-bit and 4-bit floating point",
    "x[0] = __clusterDim().x;": "thread-block clusters",
}


def test_what_the_emulator_lacks_is_named_with_its_line() -> None:
    kernels = [
        f'extern "C" __global__ void k{i}(float* x, const float* y, int n) {{ {statement} }}'
        for i, statement in enumerate(UNSUPPORTED)
    ]
    with pytest.raises(simt.UnsupportedFeatureError) as caught:
        simt.RawModule("\n".join(kernels)).get_function("k0")
    told = {(f.place.line, f.summary) for f in caught.value.findings}
    for line, feature in enumerate(UNSUPPORTED.values(), 1):
        summary = f"not supported on the CPU: {feature} at line {line}"
        assert (line, summary) in told


@pytest.mark.parametrize(
    ("line", "feature"),
    [
        ("__managed__ float counter;", "__managed__ memory"),
        ("#include <cub/block/block_reduce.cuh>", "#include <cub>"),
        ("#include <curand_kernel.h>", "#include <curand_kernel.h>"),
        ("#include <cuda/barrier>", "#include <cuda>"),
        ("void host() { k<<<1, 2>>>(nullptr, nullptr, 0); }", "launching with <<<…>>>"),
    ],
)
def test_what_is_missing_outside_a_kernel_is_named_too(line: str, feature: str) -> None:
    error = compile_error(f"// first line\n{line}\n" + KERNEL % "x[0] = 1.0f;")
    assert isinstance(error, simt.UnsupportedFeatureError)
    assert f"not supported on the CPU: {feature} at line 2" in str(error)


def test_a_missing_semicolon_is_suspected_where_the_compiler_stumbles() -> None:
    for statement in ("x[0] = 1.0f", "int i = n\n  x[i] = 1.0f;"):
        (finding, *_) = compile_error(KERNEL % statement).findings
        assert "semicolon" in finding.hint


def test_a_function_without_a_body_is_an_error_at_its_line_not_a_crash() -> None:
    error = compile_error("float half_of(float);\n" + KERNEL % "x[0] = half_of(y[0]);")
    assert error.findings[0].place.line == 3
    assert "undefined reference to" in str(error)
    assert "half_of" in str(error)


def test_clangs_wording_is_understood_as_well() -> None:
    output = "k.cu:3:5: error: use of undeclared identifier 'tex2D'\n1 error generated.\n"
    error = explain_failure(Source("\n\n  tex2D(t, 1, 2);\n", "k.cu"), output)
    assert isinstance(error, simt.UnsupportedFeatureError)
    assert error.findings[0].place.text == "tex2D(t, 1, 2);"
    fatal = "fatal error: 'cuda_fp8.h' file not found"
    assert unsupported_feature(fatal) == "#include <cuda_fp8.h>"


def test_a_message_without_a_place_is_passed_on_whole() -> None:
    error = explain_failure(Source("", "k.cu"), "the compiler fell over\n")
    assert "the compiler fell over" in str(error)


def test_many_errors_are_cut_to_the_first_three() -> None:
    error = compile_error(KERNEL % "a; b; c; d; e;")
    assert len(error.findings) == 5
    assert str(error).count("error:") == 3
    assert "… and 2 more" in str(error)


def test_words_in_comments_and_texts_are_no_features() -> None:
    code = r"""
// __shared__ k<<<1, 1>>> asm
extern "C" __global__ void k(int* x) { x[0] = sizeof("/* __syncthreads() */"); /* atomicAdd */ }"""
    x = np.zeros(1, np.int32)
    simt.RawModule(code).get_function("k")(1, 1, (x,))
    assert x[0] == 22
