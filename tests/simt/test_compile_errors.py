"""What does not compile is explained at the learner's own line; what is missing is named."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.simt.compile.failures import explain_failure, unsupported_feature
from attention_scratch.simt.compile.source import Source

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
        ("#include <cub/block/block_reduce.cuh>", "#include <cub/block/block_reduce.cuh>"),
        ("#include <curand_kernel.h>", "#include <curand_kernel.h>"),
        ("#include <cuda/barrier>", "#include <cuda/barrier>"),
        ("#include <cooperative_groups/memcpy_async.h>",) * 2,
        ("void host() { k<<<1, 2>>>(nullptr, nullptr, 0); }", "launching with <<<…>>>"),
    ],
)
def test_what_is_missing_outside_a_kernel_is_named_too(line: str, feature: str) -> None:
    error = compile_error(f"// first line\n{line}\n" + KERNEL % "x[0] = 1.0f;")
    assert isinstance(error, simt.UnsupportedFeatureError)
    assert f"not supported on the CPU: {feature} at line 2" in str(error)


@pytest.mark.parametrize("size", [64, 128])
def test_a_tile_larger_than_a_warp_is_refused_at_the_line_that_asks_for_it(size: int) -> None:
    code = f"""#include <cooperative_groups.h>
namespace cg = cooperative_groups;
template <int Size>
__device__ int rank_in(cg::thread_block_tile<Size> tile) {{ return tile.thread_rank(); }}
extern "C" __global__ void k(int* x) {{
  auto block = cg::this_thread_block();
  x[0] = rank_in<{size}>(cg::tiled_partition<{size}>(block));
}}"""
    error = compile_error(code)
    assert isinstance(error, simt.UnsupportedFeatureError)
    feature = f"a tile of {size} threads (32 at most)"
    assert f"not supported on the CPU: {feature} at line 7" in str(error)
    assert "static assertion" not in str(error)


CLANG_TILE = """\
/x/simt/groups.h:181:15: error: implicit instantiation of undefined template \
'cooperative_groups::details::simt_refused_tile<64>'
/x/simt/groups.h:233:34: note: in instantiation of template class \
'cooperative_groups::details::Tile<64>' requested here
k.cu:3:5: note: in instantiation of template class \
'cooperative_groups::thread_block_tile<64, cooperative_groups::thread_block>' requested here
/x/simt/groups.h:175:8: note: template is declared here
1 error generated.
"""


def test_clangs_way_to_a_tile_ends_at_the_learners_line_too() -> None:
    error = explain_failure(Source("\n\n  cg::tiled_partition<64>(block);\n", "k.cu"), CLANG_TILE)
    assert isinstance(error, simt.UnsupportedFeatureError)
    assert "a tile of 64 threads (32 at most) at line 3" in str(error)


def test_an_error_in_a_header_is_shown_at_the_line_that_led_to_it() -> None:
    code = """#include <cooperative_groups.h>
namespace cg = cooperative_groups;
extern "C" __global__ void k(int* x) {
  auto tile = cg::tiled_partition<24>(cg::this_thread_block());
  x[0] = tile.thread_rank();
}"""
    error = compile_error(code)
    assert (error.findings[0].kind, error.findings[0].place.line) == ("compile-error", 4)
    assert "the size of a tile is a power of two" in str(error)


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
