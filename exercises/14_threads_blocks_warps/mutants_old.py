"""Wrong answers to the exercises of chapter 14, as learners write them."""

from attention_scratch.exercises import mutant


def kernel(exercise: str, diagnosis: str, name: str, source: str) -> None:
    """Declare a wrong kernel."""
    mutant(exercise, diagnosis=diagnosis, name=name)(source)


# --- 14.global_index ------------------------------------------------------------------------------


@mutant("14.global_index", diagnosis="block-size-forgotten")
def blocks_one_wide(block, thread, block_dim, width):
    x, y = block[0] + thread[0], block[1] + thread[1]
    number = thread[0] + thread[1] * block_dim[0]
    return x + y * width, number // 32, number % 32


@mutant("14.global_index", diagnosis="x-and-y-swapped")
def rows_along_x(block, thread, block_dim, width):
    row = block_dim[0] * block[0] + thread[0]
    column = block_dim[1] * block[1] + thread[1]
    number = thread[0] + thread[1] * block_dim[0]
    return row * width + column, number // 32, number % 32


@mutant("14.global_index", diagnosis="warp-from-x-only")
def forgot_the_rows_of_the_block(block, thread, block_dim, width):
    x = block[0] * block_dim[0] + thread[0]
    y = block[1] * block_dim[1] + thread[1]
    return y * width + x, *divmod(thread[0], 32)


@mutant("14.global_index", diagnosis="y-runs-first")
def numbered_down_the_columns(block, thread, block_dim, width):
    x = block[0] * block_dim[0] + thread[0]
    y = block[1] * block_dim[1] + thread[1]
    return y * width + x, *divmod(thread[0] * block_dim[1] + thread[1], 32)


# --- 14.vector_add --------------------------------------------------------------------------------

ADD = """
extern "C" __global__ void vector_add(const float* x, const float* y, float* out, int n) {
  %s
}
"""

for _diagnosis, _name, _body in (
    (
        "no-guard",
        "no_guard",
        "int i = blockIdx.x * blockDim.x + threadIdx.x; out[i] = x[i] + y[i];",
    ),
    (
        "guard-off-by-one",
        "guard_with_or_equal",
        "int i = blockIdx.x * blockDim.x + threadIdx.x; if (i <= n) out[i] = x[i] + y[i];",
    ),
    (
        "block-forgotten",
        "only_the_thread",
        "int i = threadIdx.x; if (i < n) out[i] = x[i] + y[i];",
    ),
    (
        "block-size-forgotten",
        "block_plus_thread",
        "int i = blockIdx.x + threadIdx.x; if (i < n) out[i] = x[i] + y[i];",
    ),
    (
        "nothing-written",
        "guard_the_wrong_way",
        "int i = blockIdx.x * blockDim.x + threadIdx.x; if (i > n) out[i] = x[i] + y[i];",
    ),
    (
        "one-thread-does-all",
        "a_loop_in_thread_zero",
        "if (blockIdx.x != 0 || threadIdx.x != 0) return;\n"
        "  for (int i = 0; i < n; ++i) out[i] = x[i] + y[i];",
    ),
    (
        "race",
        "everybody_does_all",
        "for (int i = 0; i < n; ++i) out[i] = x[i] + y[i];",
    ),
    (
        "does-not-compile",
        "no_semicolon",
        "int i = blockIdx.x * blockDim.x + threadIdx.x\n  if (i < n) out[i] = x[i] + y[i];",
    ),
    (
        "not-in-the-emulator",
        "memory_from_the_heap",
        "int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "  float* sum = (float*)malloc(4); *sum = x[i] + y[i]; out[i] = *sum;",
    ),
):
    kernel("14.vector_add", _diagnosis, _name, ADD % _body)


# --- 14.saxpy -------------------------------------------------------------------------------------

SAXPY = """
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n) {
  int i = blockDim.x * blockIdx.x + threadIdx.x;
  %s
}
"""

for _diagnosis, _name, _body in (
    ("no-guard", "no_guard_here_either", "y[i] += a * x[i];"),
    ("y-not-added", "old_y_lost", "if (i < n) y[i] = a * x[i];"),
    ("a-times-y", "scaled_the_other", "if (i < n) y[i] = x[i] + a * y[i];"),
    ("y-unchanged", "sum_thrown_away", "if (i < n) { float sum = a * x[i] + y[i]; (void)sum; }"),
    ("guard-off-by-one", "one_too_many", "if (i < n + 1) y[i] += a * x[i];"),
    ("endless-loop", "loop_that_stands_still", "while (i < n) y[i] = a * x[i] + y[i];"),
    ("kernel-fault", "left_neighbor", "if (i < n) y[i] += a * x[i - 1];"),
):
    kernel("14.saxpy", _diagnosis, _name, SAXPY % _body)

kernel(
    "14.saxpy",
    "parameters-changed",
    "x_and_a_in_another_order",
    """
extern "C" __global__ void saxpy(const float* x, float a, float* y, int n) {
  int i = blockDim.x * blockIdx.x + threadIdx.x;
  if (i < n) y[i] += a * x[i];
}
""",
)


# --- 14.grid_stride -------------------------------------------------------------------------------

GRID_STRIDE = """
extern "C" __global__ void saxpy_grid_stride(float a, const float* x, float* y, int n) {
  int first = blockIdx.x * blockDim.x + threadIdx.x;
  %s
}
"""

for _diagnosis, _name, _body in (
    ("one-element-each", "no_loop", "if (first < n) y[first] += a * x[first];"),
    (
        "stride-is-the-block",
        "strides_of_a_block",
        "for (int i = first; i < n; i += blockDim.x) y[i] += a * x[i];",
    ),
    ("race", "strides_of_one", "for (int i = first; i < n; ++i) y[i] += a * x[i];"),
    (
        "guard-off-by-one",
        "loop_with_or_equal",
        "for (int i = first; i <= n; i += gridDim.x * blockDim.x) y[i] += a * x[i];",
    ),
    (
        "strided",
        "a_stretch_for_each_thread",
        "int each = (n + gridDim.x * blockDim.x - 1) / (gridDim.x * blockDim.x);\n"
        "  for (int i = first * each; i < n && i < (first + 1) * each; ++i) y[i] += a * x[i];",
    ),
    (
        "one-thread-does-all",
        "first_thread_of_the_grid",
        "if (first == 0) for (int i = 0; i < n; ++i) y[i] += a * x[i];",
    ),
    (
        "endless-loop",
        "stride_forgotten",
        "for (int i = first; i < n;) y[i] += a * x[i];",
    ),
):
    kernel("14.grid_stride", _diagnosis, _name, GRID_STRIDE % _body)


# --- 14.coalesced ---------------------------------------------------------------------------------

SQUARES = """
extern "C" __global__ void squares(const float* x, float* out, int n) {
  %s
}
"""

for _diagnosis, _name, _body in (
    (
        "strided",
        "eight_neighbors_for_each_thread",
        "int first = (blockIdx.x * blockDim.x + threadIdx.x) * 8;\n"
        "  for (int i = first; i < first + 8 && i < n; ++i) out[i] = x[i] * x[i];",
    ),
    (
        "one-element-each",
        "forgot_the_rounds",
        "int i = blockIdx.x * blockDim.x * 8 + threadIdx.x;\n  if (i < n) out[i] = x[i] * x[i];",
    ),
    (
        "no-guard",
        "no_guard_in_the_loop",
        "int first = blockIdx.x * blockDim.x * 8 + threadIdx.x;\n"
        "  for (int k = 0; k < 8; ++k) {\n"
        "    int i = first + k * blockDim.x;\n"
        "    out[i] = x[i] * x[i];\n"
        "  }",
    ),
    (
        "race",
        "rounds_one_apart",
        "int first = blockIdx.x * blockDim.x * 8 + threadIdx.x;\n"
        "  for (int i = first; i < first + 8 && i < n; ++i) out[i] = x[i] * x[i];",
    ),
    (
        "reads-too-much",
        "copies_first_and_squares_then",
        "int first = blockIdx.x * blockDim.x * 8 + threadIdx.x;\n"
        "  int end = min(n, int((blockIdx.x + 1) * blockDim.x * 8));\n"
        "  for (int i = first; i < end; i += blockDim.x) out[i] = x[i];\n"
        "  for (int i = first; i < end; i += blockDim.x) out[i] *= x[i];",
    ),
    (
        "one-thread-does-all",
        "thread_zero_of_each_block",
        "if (threadIdx.x == 0)\n"
        "    for (int i = blockIdx.x * 1024; i < n && i < (blockIdx.x + 1) * 1024; ++i)\n"
        "      out[i] = x[i] * x[i];",
    ),
):
    kernel("14.coalesced", _diagnosis, _name, SQUARES % _body)
