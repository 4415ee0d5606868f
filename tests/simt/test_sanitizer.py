"""The runtime's own threads: ThreadSanitizer watches launches on several workers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from attention_scratch.simt.compile import toolchain

SOURCES = toolchain.RUNTIME / "src"
# hooks.cpp defines what a kernel compiled for ThreadSanitizer calls: here the real one must do so.
FILES = [f for f in sorted(SOURCES.glob("*.cpp")) if f.name != "hooks.cpp"]
DRIVER = Path(__file__).parent / "sanitizer" / "driver.cpp"


@pytest.mark.slow
def test_several_workers_share_nothing_unguarded(tmp_path: Path) -> None:
    program = tmp_path / "driver"
    flags = ("-std=c++17", "-O1", "-g", "-fsanitize=thread", "-pthread", "-I", str(SOURCES))
    # What inline PTX needs is declared, and never called.
    link = ("-Wl,--unresolved-symbols=ignore-all",)
    command = toolchain.compiler().command
    commands = toolchain.Commands(flags, (), files=(*FILES, DRIVER))
    objects = commands.compile(tmp_path)
    toolchain.run((*command, *flags, "-no-pie", *objects, *link, "-o", str(program)))
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False, timeout=120)
    assert "WARNING: ThreadSanitizer" not in done.stderr, done.stderr[:4000]
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]
