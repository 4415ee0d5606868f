"""Arguments arrive in the kernel bit for bit, whatever their number, types and order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from attention_scratch import simt

TYPES = {
    "signed char": np.int8,
    "unsigned char": np.uint8,
    "short": np.int16,
    "unsigned short": np.uint16,
    "int": np.int32,
    "unsigned": np.uint32,
    "long long": np.int64,
    "unsigned long long": np.uint64,
    "float": np.float32,
    "double": np.float64,
    "bool": np.bool_,
}
# Every type twice, so that values lie beside values of every other size.
ORDER = [*TYPES, *reversed(TYPES)]


def echo_source() -> str:
    values = ", ".join(f"{t} v{i}" for i, t in enumerate(ORDER))
    pointers = ", ".join(f"{t}* p{i}" for i, t in enumerate(ORDER))
    body = " ".join(f"p{i}[threadIdx.x] = v{i};" for i in range(len(ORDER)))
    return (
        "struct Odd { char tag; double value; short small[3]; };\n"
        f'extern "C" __global__ void echo({values}, Odd odd, {pointers}, Odd* odds) '
        f"{{ {body} odds[threadIdx.x] = odd; }}"
    )


ODD = np.dtype(
    {
        "names": ["tag", "value", "small"],
        "formats": ["i1", "f8", ("i2", 3)],
        "offsets": [0, 8, 16],
        "itemsize": 24,
    }
)


@settings(max_examples=40, deadline=None)
@given(
    values=st.tuples(*(hnp.arrays(TYPES[t], ()).map(lambda a: a[()]) for t in ORDER)),
    tag=st.integers(-128, 127),
    value=st.floats(),
    checked=st.booleans(),
)
def test_every_value_arrives_bit_for_bit(
    values: tuple[np.generic, ...], tag: int, value: float, checked: bool
) -> None:
    arrays = [np.zeros(2, TYPES[t]) for t in ORDER]
    odd, odds = np.zeros((), ODD), np.zeros(2, ODD)
    odd["tag"], odd["value"], odd["small"] = tag, value, [tag, -tag, 7]
    kernel = simt.RawModule(echo_source()).get_function("echo")
    kernel(1, 2, (*values, odd, *arrays, odds), checked=checked)
    for given_value, array in zip(values, arrays, strict=True):
        assert array.tobytes() == given_value.tobytes() * 2
    assert odds.tobytes() == odd.tobytes() * 2


@settings(max_examples=100, deadline=None)
@given(n=st.integers(-(2**70), 2**70))
def test_a_python_integer_arrives_whole_or_is_refused(n: int) -> None:
    kernel = simt.RawModule(
        'extern "C" __global__ void k(int n, long long* out) { out[0] = n; }'
    ).get_function("k")
    out = np.zeros(1, np.int64)
    if -(2**31) <= n < 2**31:
        kernel(1, 1, (n, out))
        assert out[0] == n
    else:
        with pytest.raises(simt.LaunchError, match=f"got {n};"):
            kernel(1, 1, (n, out))


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5000), min_size=3, max_size=3),
    offset=st.integers(0, 7),
    checked=st.booleans(),
)
def test_arrays_of_any_size_and_alignment_come_back_whole(
    sizes: list[int], offset: int, checked: bool
) -> None:
    code = r"""
extern "C" __global__ void k(short* a, short* b, short* c, int na, int nb, int nc) {
  for (int i = 0; i < na; ++i) a[i] += 1;
  for (int i = 0; i < nb; ++i) b[i] += 2;
  for (int i = 0; i < nc; ++i) c[i] += 3;
}"""
    arrays = [np.arange(n + offset, dtype=np.int16)[offset:] for n in sizes]
    before = [a.copy() for a in arrays]
    simt.RawModule(code).get_function("k")(1, 1, (*arrays, *sizes), checked=checked)
    for step, (array, was) in enumerate(zip(arrays, before, strict=True), 1):
        np.testing.assert_array_equal(array, was + step)
