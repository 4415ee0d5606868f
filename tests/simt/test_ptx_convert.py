"""``cvt`` from integers and to double: every bit that NumPy keeps."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt

CODE = r"""
extern "C" __global__ void convert(const long long* wide, const int* narrow, const float* real,
                                   float* from_wide, float* from_narrow, double* exact,
                                   double* widened, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  asm("cvt.rn.f32.s64 %0, %1;" : "=f"(from_wide[i]) : "l"(wide[i]));
  asm("cvt.rn.f32.s32 %0, %1;" : "=f"(from_narrow[i]) : "r"(narrow[i]));
  asm("cvt.rn.f64.s32 %0, %1;" : "=d"(exact[i]) : "r"(narrow[i]));
  asm("cvt.f64.f32 %0, %1;" : "=d"(widened[i]) : "f"(real[i]));
}
"""


@pytest.mark.parametrize("checked", [False, True], ids=["fast", "checked"])
def test_conversions_round_once_and_keep_the_sign_of_zero(checked: bool) -> None:
    rng = np.random.default_rng(0)
    n = 4096
    wide = rng.integers(-(2**63), 2**63 - 1, n, dtype=np.int64) >> rng.integers(0, 63, n)
    narrow = (wide >> 32).astype(np.int32)
    narrow[:4] = 123456789, 16777217, -16777217, 2047
    real = rng.standard_normal(n).astype(np.float32)
    real[:4] = -0.0, 0.0, np.inf, 1e-45
    outputs = [np.zeros(n, kind) for kind in ("f4", "f4", "f8", "f8")]
    kernel = simt.RawModule(CODE).get_function("convert")
    kernel(n // 128, 128, (wide, narrow, real, *outputs, n), checked=checked)
    wanted = [wide.astype("f4"), narrow.astype("f4"), narrow.astype("f8"), real.astype("f8")]
    for got, want in zip(outputs, wanted, strict=True):
        np.testing.assert_array_equal(got.view(f"u{got.itemsize}"), want.view(f"u{got.itemsize}"))
