"""Finding a compiler, and keeping what it made where many processes may look for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from attention_scratch import simt
from attention_scratch.config import settings
from attention_scratch.errors import InputError
from attention_scratch.simt.compile import toolchain
from attention_scratch.simt.compile.build import Flavor

ADD = r"""
import numpy as np
from attention_scratch import simt
code = 'extern "C" __global__ void k(int* x) { x[threadIdx.x] += 41; }'
for checked in (False, True):
    x = np.arange(3, dtype=np.int32)
    simt.RawModule(code, checked=checked).get_function("k")(1, 3, (x,))
    assert x.tolist() == [41, 42, 43]
"""


@pytest.fixture
def fresh_compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The search for a compiler begins anew, and whatever it found is forgotten afterwards."""
    monkeypatch.delenv("ATTENTION_SCRATCH_SIMT_COMPILER", raising=False)
    settings.cache_clear()
    toolchain.compiler.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
    toolchain.compiler.cache_clear()


def test_processes_that_compile_the_same_at_once_all_get_it(tmp_path: Path) -> None:
    folder = tmp_path / "simt"
    folder.mkdir()
    shutil.copy(toolchain.runtime_path(), folder)
    environment = {**os.environ, "ATTENTION_SCRATCH_PATHS_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", ADD]
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait() for process in running] == [0] * 3
    left = sorted(p.name.split("-")[0] + p.suffix for p in folder.iterdir())
    headers = [] if toolchain.compiler().is_clang else ["simt_cuda.gch", "simt_cuda.h"] * 2
    assert left == sorted([*headers, "checked.so", "fast.so", "runtime.so"])


def test_a_second_process_compiles_nothing() -> None:
    code = 'extern "C" __global__ void k(int* x) { x[0] = 123; }'
    path = simt.RawModule(code).built(Flavor.FAST).path
    stamp = path.stat().st_mtime_ns
    x = np.zeros(1, np.int32)
    simt.RawModule(code).get_function("k")(1, 1, (x,))
    assert x[0] == 123
    assert path.stat().st_mtime_ns == stamp
    assert path.parent == settings().paths.cache / "simt"


@pytest.mark.parametrize(
    ("option", "says"),
    [("-std=c++20", "__cplusplus > 201703L"), ("-ffast-math", "defined(__FAST_MATH__)")],
)
def test_options_that_the_compiled_header_does_not_fit_hold_all_the_same(
    option: str, says: str
) -> None:
    code = f"""extern "C" __global__ void k(int* x) {{
#if {says}
  x[0] = 1;
#endif
}}"""
    for options, wanted in (((), 0), ((option,), 1)):
        x = np.zeros(1, np.int32)
        simt.RawModule(code, options=options).get_function("k")(1, 1, (x,))
        assert x[0] == wanted


def test_without_a_compiler_the_command_that_installs_one_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_compiler: None
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(simt.ToolchainError, match="sudo apt-get install"):
        toolchain.compiler()


def test_a_configured_compiler_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, fresh_compiler: None
) -> None:
    monkeypatch.setenv("ATTENTION_SCRATCH_SIMT_COMPILER", "no-such-compiler -O9")
    settings.cache_clear()
    with pytest.raises(InputError, match=r"simt\.compiler: got no-such-compiler -O9"):
        toolchain.compiler()


def test_a_system_other_than_linux_is_told_where_the_emulator_runs(
    monkeypatch: pytest.MonkeyPatch, fresh_compiler: None
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(simt.ToolchainError, match="WSL"):
        toolchain.compiler()
