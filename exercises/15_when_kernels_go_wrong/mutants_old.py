"""Wrong answers to the exercises of chapter 15, as learners write them."""

from attention_scratch.exercises import mutant


def kernel(exercise: str, diagnosis: str, name: str, source: str) -> None:
    """Declare a wrong kernel."""
    mutant(exercise, diagnosis=diagnosis, name=name)(source)


# --- 15.reverse_tiles -----------------------------------------------------------------------------

REVERSE = """
extern "C" __global__ void reverse_tiles(const float* x, float* out) {
  __shared__ float tile[128];
  int t = threadIdx.x, first = blockIdx.x * 128;
  %s
}
"""

for _diagnosis, _name, _body in (
    (
        "missing-barrier",
        "as_it_was",
        "tile[t] = x[first + t];\n  // __syncthreads();\n  out[first + t] = tile[127 - t];",
    ),
    (
        "barrier-misplaced",
        "barrier_before_the_write",
        "__syncthreads();\n  tile[t] = x[first + t];\n  out[first + t] = tile[127 - t];",
    ),
    (
        "barrier-misplaced",
        "barrier_after_the_read",
        "tile[t] = x[first + t];\n  out[first + t] = tile[127 - t];\n  __syncthreads();",
    ),
    (
        "syncwarp-is-not-enough",
        "barrier_of_the_warp",
        "tile[t] = x[first + t];\n  __syncwarp();\n  out[first + t] = tile[127 - t];",
    ),
    (
        "barrier-in-branch",
        "barrier_for_those_who_wait",
        "tile[t] = x[first + t];\n  if (t < 64) __syncthreads();\n"
        "  out[first + t] = tile[127 - t];",
    ),
    (
        "too-many-barriers",
        "barriers_everywhere",
        "__syncthreads();\n  tile[t] = x[first + t];\n  __syncthreads();\n"
        "  out[first + t] = tile[127 - t];\n  __syncthreads();",
    ),
    (
        "shared-memory-unused",
        "straight_across",
        "out[first + t] = x[first + 127 - t];",
    ),
    (
        "unchanged-order",
        "reads_its_own",
        "tile[t] = x[first + t];\n  __syncthreads();\n  out[first + t] = tile[t];",
    ),
    (
        "out-of-bounds",
        "counts_from_128",
        "tile[t] = x[first + t];\n  __syncthreads();\n  out[first + t] = tile[128 - t];",
    ),
    (
        "does-not-compile",
        "barrier_without_brackets",
        "tile[t] = x[first + t];\n  __syncthreads;\n  barrier();\n"
        "  out[first + t] = tile[127 - t];",
    ),
    (
        "not-in-the-emulator",
        "memory_of_its_own",
        "float* copy = (float*)malloc(4);\n  copy[0] = x[first + 127 - t];\n"
        "  tile[t] = copy[0];\n  out[first + t] = tile[t];\n  free(copy);",
    ),
):
    kernel("15.reverse_tiles", _diagnosis, _name, REVERSE % _body)

kernel(
    "15.reverse_tiles",
    "parameters-changed",
    "length_as_well",
    """
extern "C" __global__ void reverse_tiles(const float* x, int n, float* out) {
  __shared__ float tile[128];
  int t = threadIdx.x, first = blockIdx.x * 128;
  tile[t] = x[first + t];
  __syncthreads();
  if (first + t < n) out[first + t] = tile[127 - t];
}
""",
)


# --- 15.block_sum ---------------------------------------------------------------------------------

SUM = """
extern "C" __global__ void block_sum(const float* x, int n, float* out) {
  __shared__ float s[128];
  int t = threadIdx.x, i = blockIdx.x * 128 + t;
  %s
  if (t == 0) out[blockIdx.x] = s[0];
}
"""
FILL = "s[t] = i < n ? x[i] : 0.0f;\n  __syncthreads();\n  "

for _diagnosis, _name, _body in (
    (
        "barrier-in-branch",
        "only_the_loop_mended",
        "if (i >= n) return;\n  s[t] = x[i];\n  __syncthreads();\n"
        "  for (int half = 64; half > 0; half /= 2) {\n"
        "    if (t < half && i + half < n) s[t] += s[t + half];\n    __syncthreads();\n  }",
    ),
    (
        "barrier-in-branch",
        "only_the_return_mended",
        FILL + "for (int half = 64; half > 0; half /= 2)\n"
        "    if (t < half) {\n      s[t] += s[t + half];\n      __syncthreads();\n    }",
    ),
    (
        "barrier-in-branch",
        "a_barrier_for_each_side",
        FILL + "for (int half = 64; half > 0; half /= 2)\n"
        "    if (t < half) {\n      s[t] += s[t + half];\n      __syncthreads();\n"
        "    } else {\n      __syncthreads();\n    }",
    ),
    (
        "barrier-misplaced",
        "no_barrier_in_the_loop",
        FILL + "for (int half = 64; half > 0; half /= 2)\n    if (t < half) s[t] += s[t + half];",
    ),
    (
        "syncwarp-is-not-enough",
        "warps_only",
        "s[t] = i < n ? x[i] : 0.0f;\n  __syncwarp();\n"
        "  for (int half = 64; half > 0; half /= 2) {\n"
        "    if (t < half) s[t] += s[t + half];\n    __syncwarp();\n  }",
    ),
    (
        "never-written",
        "tail_not_filled",
        "if (i < n) s[t] = x[i];\n  __syncthreads();\n"
        "  for (int half = 64; half > 0; half /= 2) {\n"
        "    if (t < half) s[t] += s[t + half];\n    __syncthreads();\n  }",
    ),
    (
        "half-of-it",
        "starts_at_32",
        FILL + "for (int half = 32; half > 0; half /= 2) {\n"
        "    if (t < half) s[t] += s[t + half];\n    __syncthreads();\n  }",
    ),
    (
        "endless-loop",
        "half_never_shrinks",
        FILL + "for (int half = 64; half > 0;) {\n"
        "    if (t < half) s[t] += s[t + half];\n    __syncthreads();\n  }",
    ),
    (
        "one-thread-adds",
        "thread_zero_walks",
        FILL + "if (t == 0)\n    for (int k = 1; k < 128; ++k) s[0] += s[k];",
    ),
    (
        "too-many-barriers",
        "two_barriers_a_level",
        FILL + "for (int half = 64; half > 0; half /= 2) {\n"
        "    float other = t < half ? s[t + half] : 0.0f;\n    __syncthreads();\n"
        "    s[t] += other;\n    __syncthreads();\n  }",
    ),
):
    kernel("15.block_sum", _diagnosis, _name, SUM % _body)

kernel(
    "15.block_sum",
    "atomics-everywhere",
    "each_adds_to_the_result",
    """
extern "C" __global__ void block_sum(const float* x, int n, float* out) {
  int i = blockIdx.x * 128 + threadIdx.x;
  if (i < n) atomicAdd(&out[blockIdx.x], x[i]);
}
""",
)


# --- 15.smooth ------------------------------------------------------------------------------------

SMOOTH = """
extern "C" __global__ void smooth(const float* x, int n, float* out) {
  __shared__ float tile[130];
  int i = blockIdx.x * 128 + threadIdx.x, t = threadIdx.x + 1;
  %s
  if (i < n) out[i] = (tile[t - 1] + tile[t] + tile[t + 1]) / 3.0f;
}
"""
OWN = "tile[t] = i < n ? x[i] : 0.0f;\n  "
LEFT = "if (threadIdx.x == 0) tile[0] = i > 0 ? x[i - 1] : 0.0f;\n  "
RIGHT = "if (threadIdx.x == 127) tile[129] = i + 1 < n ? x[i + 1] : 0.0f;\n  "

for _diagnosis, _name, _body in (
    ("never-written", "left_end_only", OWN + LEFT + "__syncthreads();"),
    ("never-written", "no_halo", OWN + "__syncthreads();"),
    (
        "out-of-bounds",
        "halo_without_guards",
        OWN + "if (threadIdx.x == 0) tile[0] = x[i - 1];\n"
        "  if (threadIdx.x == 127) tile[129] = x[i + 1];\n  __syncthreads();",
    ),
    (
        "out-of-bounds",
        "right_halo_one_too_far",
        OWN + LEFT + "if (threadIdx.x == 127) tile[130] = i + 1 < n ? x[i + 1] : 0.0f;\n"
        "  __syncthreads();",
    ),
    ("missing-barrier", "no_barrier", OWN + LEFT + RIGHT),
    (
        "edges-repeated",
        "clamped_at_the_ends",
        "tile[t] = x[min(i, n - 1)];\n"
        "  if (threadIdx.x == 0) tile[0] = x[max(i - 1, 0)];\n"
        "  if (threadIdx.x == 127) tile[129] = x[min(i + 1, n - 1)];\n  __syncthreads();",
    ),
    (
        "barrier-in-branch",
        "those_without_an_element_leave",
        "if (i >= n) return;\n  tile[t] = x[i];\n"
        "  if (threadIdx.x == 0) tile[0] = i > 0 ? x[i - 1] : 0.0f;\n"
        "  if (threadIdx.x == 127 || i == n - 1) tile[t + 1] = i + 1 < n ? x[i + 1] : 0.0f;\n"
        "  __syncthreads();",
    ),
):
    kernel("15.smooth", _diagnosis, _name, SMOOTH % _body)

kernel(
    "15.smooth",
    "reads-too-much",
    "without_a_tile",
    """
extern "C" __global__ void smooth(const float* x, int n, float* out) {
  int i = blockIdx.x * 128 + threadIdx.x;
  if (i >= n) return;
  float left = i > 0 ? x[i - 1] : 0.0f, right = i + 1 < n ? x[i + 1] : 0.0f;
  out[i] = (left + x[i] + right) / 3.0f;
}
""",
)


# --- 15.histogram ---------------------------------------------------------------------------------

HISTOGRAM = """
extern "C" __global__ void histogram(const unsigned char* x, int n, int* bins) {
  __shared__ int mine[64];
  int first = blockIdx.x * blockDim.x + threadIdx.x, threads = gridDim.x * blockDim.x;
  %s
}
"""
ZERO = "if (threadIdx.x < 64) mine[threadIdx.x] = 0;\n  "
COUNT = "for (int i = first; i < n; i += threads) atomicAdd(&mine[x[i]], 1);\n  "
SEND = "if (threadIdx.x < 64) atomicAdd(&bins[threadIdx.x], mine[threadIdx.x]);"

for _diagnosis, _name, _body in (
    (
        "race-in-global-memory",
        "as_it_was",
        "for (int i = first; i < n; i += threads) bins[x[i]] += 1;",
    ),
    (
        "race-in-global-memory",
        "barrier_around_the_count",
        "for (int i = first; i < n; i += threads) bins[x[i]] += 1;\n  __syncthreads();",
    ),
    (
        "race-in-global-memory",
        "sums_without_atomics",
        ZERO
        + "__syncthreads();\n  "
        + COUNT
        + "__syncthreads();\n  if (threadIdx.x < 64) bins[threadIdx.x] += mine[threadIdx.x];",
    ),
    (
        "atomics-everywhere",
        "an_atomic_for_each_value",
        "for (int i = first; i < n; i += threads) atomicAdd(&bins[x[i]], 1);",
    ),
    (
        "not-atomic-in-shared-memory",
        "plain_counts_in_the_block",
        ZERO
        + "__syncthreads();\n  for (int i = first; i < n; i += threads) mine[x[i]] += 1;\n"
        + "  __syncthreads();\n  "
        + SEND,
    ),
    ("never-written", "not_set_to_zero", COUNT + "__syncthreads();\n  " + SEND),
    ("barrier-misplaced", "no_barrier_before", ZERO + COUNT + "__syncthreads();\n  " + SEND),
    ("barrier-misplaced", "no_barrier_after", ZERO + "__syncthreads();\n  " + COUNT + SEND),
    (
        "barrier-in-branch",
        "barrier_in_the_loop",
        ZERO
        + "for (int i = first; i < n; i += threads) {\n"
        + "    __syncthreads();\n    atomicAdd(&mine[x[i]], 1);\n  }\n  __syncthreads();\n  "
        + SEND,
    ),
):
    kernel("15.histogram", _diagnosis, _name, HISTOGRAM % _body)


# --- 15.row_sums ----------------------------------------------------------------------------------

ROWS = """
extern "C" __global__ void row_sums(const float* x, int columns, float* out) {
  int lane = threadIdx.x;
  const float* row = x + blockIdx.x * columns;
  float sum = 0.0f;
  %s
}
"""
OWN_SUM = "for (int c = lane; c < columns; c += 32) sum += row[c];\n  "
STORE = "if (lane == 0) out[blockIdx.x] = sum;"

for _diagnosis, _name, _body in (
    (
        "lanes-missing",
        "as_it_was",
        "if (lane >= columns) return;\n  "
        + OWN_SUM
        + "for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(0xffffffff, sum, d);\n  "
        + STORE,
    ),
    (
        "lanes-missing",
        "a_mask_of_those_who_have_one",
        "unsigned mask = __ballot_sync(0xffffffff, lane < columns);\n"
        "  if (lane >= columns) return;\n  "
        + OWN_SUM
        + "for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(mask, sum, d);\n  "
        + STORE,
    ),
    (
        "lanes-missing",
        "a_narrow_mask_for_all",
        OWN_SUM
        + "for (int d = 16; d > 0; d /= 2) sum += __shfl_down_sync(0xffff, sum, d);\n  "
        + STORE,
    ),
    (
        "lanes-missing",
        "only_the_lower_half_shuffles",
        OWN_SUM
        + "for (int d = 16; d > 0; d /= 2)\n"
        + "    if (lane < d) sum += __shfl_down_sync(0xffffffff, sum, d);\n  "
        + STORE,
    ),
    (
        "one-step-short",
        "stops_at_two",
        OWN_SUM
        + "for (int d = 16; d > 1; d /= 2) sum += __shfl_down_sync(0xffffffff, sum, d);\n  "
        + STORE,
    ),
    (
        "shared-memory-used",
        "through_an_array",
        "__shared__ float s[32];\n  "
        + OWN_SUM
        + "s[lane] = sum;\n  __syncwarp();\n  if (lane == 0) {\n"
        + "    for (int k = 1; k < 32; ++k) sum += s[k];\n    out[blockIdx.x] = sum;\n  }",
    ),
    (
        "atomics-everywhere",
        "each_lane_adds_its_sum",
        OWN_SUM + "atomicAdd(&out[blockIdx.x], sum);",
    ),
):
    kernel("15.row_sums", _diagnosis, _name, ROWS % _body)


# --- 15.quads -------------------------------------------------------------------------------------

QUADS = """
extern "C" __global__ void double_from(const float* x, int first, int n, float* out) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  %s
}
"""
MOVE = (
    "float4 v = *reinterpret_cast<const float4*>(x + i);\n"
    "    *reinterpret_cast<float4*>(out + i) = make_float4(2 * v.x, 2 * v.y, 2 * v.z, 2 * v.w);\n  "
)

for _diagnosis, _name, _body in (
    (
        "misaligned",
        "tail_mended_only",
        "int i = first + thread * 4;\n  if (i + 4 <= n) {\n    "
        + MOVE
        + "} else {\n    for (int j = i; j < n; ++j) out[j] = 2 * x[j];\n  }",
    ),
    (
        "out-of-bounds",
        "groups_without_a_guard_behind",
        "int i = (first / 4 + thread) * 4;\n  if (i >= first && i < n) {\n    "
        + MOVE
        + "} else {\n    for (int j = i; j < i + 4; ++j)\n"
        + "      if (j >= first && j < n) out[j] = 2 * x[j];\n  }",
    ),
    (
        "begins-too-early",
        "head_not_cut",
        "int i = (first / 4 + thread) * 4;\n  if (i + 4 <= n) {\n    "
        + MOVE
        + "} else {\n    for (int j = i; j < n; ++j)\n      out[j] = 2 * x[j];\n  }",
    ),
    (
        "tail-forgotten",
        "whole_groups_and_the_head",
        "int i = (first / 4 + thread) * 4;\n  if (i + 4 > n) return;\n  if (i >= first) {\n    "
        + MOVE
        + "} else {\n    for (int j = first; j < i + 4; ++j) out[j] = 2 * x[j];\n  }",
    ),
    (
        "one-float-at-a-time",
        "no_float4_at_all",
        "int i = (first / 4 + thread) * 4;\n  for (int j = i; j < i + 4; ++j)\n"
        "    if (j >= first && j < n) out[j] = 2 * x[j];",
    ),
    (
        "kernel-fault",
        "doubled_in_place_first",
        "int i = (first / 4 + thread) * 4;\n  float* y = (float*)x;\n"
        "  for (int j = i; j < i + 4; ++j)\n"
        "    if (j >= first && j < n) {\n      y[j] *= 2;\n      out[j] = y[j];\n    }",
    ),
):
    kernel("15.quads", _diagnosis, _name, QUADS % _body)
