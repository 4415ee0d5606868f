"""PTX used in a way no device allows is diagnosed in both modes, by kind and line."""

from __future__ import annotations

import numpy as np
import pytest

from attention_scratch import simt

BROKEN = r"""
extern "C" __global__ void misaligned(unsigned* out) {
  __shared__ __align__(16) unsigned s[64];
  s[threadIdx.x] = s[threadIdx.x + 32] = 0;
  __syncwarp();
  unsigned a = (unsigned)__cvta_generic_to_shared(s) + 16 * (threadIdx.x % 8) + 4;
  asm("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(out[threadIdx.x]) : "r"(a));
}
extern "C" __global__ void outside(unsigned* out) {
  __shared__ __align__(16) unsigned s[32];
  s[threadIdx.x] = 0;
  __syncwarp();
  unsigned a = (unsigned)__cvta_generic_to_shared(s) + 16 * threadIdx.x;
  asm("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %0, %0, %0}, [%1];"
      : "=r"(out[threadIdx.x]) : "r"(a));
}
extern "C" __global__ void alone(unsigned* out) {
  unsigned x = threadIdx.x;
  if (x == 31) return;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(out[x]) : "r"(x));
}
extern "C" __global__ void short_of_registers(unsigned* out) {
  float d = 0; unsigned a = 0;
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0, %0, %0, %0}, {%1, %1}, {%1, %1}, {%0, %0, %0, %0};" : "+f"(d) : "r"(a));
  out[0] = d;
}
extern "C" __global__ void hopper(unsigned* out) {
  asm("wgmma.fence.sync.aligned;");
}
"""


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "line", "part"),
    [
        ("misaligned", "misaligned", 7, ""),
        ("outside", None, 14, ""),
        ("alone", "misuse", 20, "32 lanes"),
        ("short_of_registers", "misuse", 24, "4"),
        ("hopper", "unsupported", 29, "wgmma"),
    ],
)
def test_wrong_use_is_named_with_its_line(
    name: str, kind: str | None, line: int, part: str, checked: bool
) -> None:
    kernel = simt.RawModule(BROKEN).get_function(name)
    with pytest.raises(simt.KernelError) as caught:
        kernel(1, 32, (np.zeros(32, np.uint32),), checked=checked)
    finding = caught.value.findings[0]
    assert finding.kind == (kind or ("out-of-bounds" if checked else "misuse"))
    assert finding.place.line == line
    assert part in str(finding)
