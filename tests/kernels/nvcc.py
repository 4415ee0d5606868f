"""Compiles the repository's CUDA sources with nvcc, many in one run, and records their needs.

``python -m tests.kernels.nvcc`` writes the record anew.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attention_scratch import kernels
from attention_scratch.kernels.module import source_path
from attention_scratch.simt.source import Source
from tests.simt.corpus.catalog import BUGS, RIGHT

ROOT = Path(__file__).resolve().parents[2]
RECORD = Path(__file__).with_name("nvcc_record.json")
UPDATE = "python -m tests.kernels.nvcc"
ARCHITECTURES = ("75", "80", "90a")
NVCC = shutil.which("nvcc")
FLAGS = ("-std=c++17", "-Werror=all-warnings", "-Xptxas=-v", "-fatbin")
BATCH = 24  # files in one run: the compiler reads its own headers once for all of them

_INCLUDE = re.compile(r"^\s*#\s*include\s*<.+>", re.MULTILINE)
_MACRO = re.compile(r"^\s*#\s*define\s+(\w+)", re.MULTILINE)
_DYNAMIC = re.compile(r"extern\s+__shared__[^;\[]*?(\w+)\s*\[")
_FUNCTION = re.compile(r"Compiling entry function '(\w+)' for '(\w+)'")
_SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")

# Of a kernel on an architecture: registers a thread, bytes of static shared memory (rounded up to
# a multiple of 16), bytes spilled.
Needs = dict[str, int]
ByKernel = dict[str, dict[str, Needs]]


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """A source file, the template instances to make of it, the architectures it is meant for."""

    path: Path
    architectures: tuple[str, ...] = ARCHITECTURES
    instances: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.resolve().relative_to(ROOT).as_posix()

    @property
    def namespace(self) -> str:
        """Keeps its names apart from those of other units; extern "C" names it does not."""
        return "in_" + re.sub(r"\W", "_", f"{self.path.parent.name}_{self.path.stem}")

    def kernels(self) -> frozenset[str]:
        return frozenset(Source.read(self.path).kernels())

    def __str__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True, slots=True)
class Compiled:
    """Whether nvcc refused a unit, what it said, what its kernels need."""

    failed: bool
    words: str
    needs: ByKernel


def from_capability(capability: int) -> tuple[str, ...]:
    return tuple(a for a in ARCHITECTURES if int(a.rstrip("a")) >= capability)


STEPS = tuple(Unit(source_path(name)) for name in kernels.names())
CORPUS = tuple(Unit(r.path, from_capability(r.capability), r.names) for r in RIGHT)
PLANTED = tuple(Unit(bug.path, ("80",)) for bug in BUGS)  # nobody counts a wrong kernel's registers
RECORDED = STEPS + CORPUS


def compiled(units: Iterable[Unit]) -> dict[Unit, Compiled]:
    """Compile ``units``, in few runs of nvcc, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(_compiled_together, _batches(units))
        return {unit: result for part in parts for unit, result in part.items()}


def _batches(units: Iterable[Unit]) -> list[tuple[Unit, ...]]:
    """Units for the same architectures that have no kernel's name in common."""
    batches: list[tuple[Unit, ...]] = []
    taken: list[set[str]] = []
    for unit in sorted(units, key=lambda u: (u.architectures, u.name)):
        names = unit.kernels()
        for i, batch in enumerate(batches):
            alike = batch[0].architectures == unit.architectures and len(batch) < BATCH
            if alike and not names & taken[i]:
                batches[i] += (unit,)
                taken[i] |= names
                break
        else:
            batches.append((unit,))
            taken.append(set(names))
    return batches


def _compiled_together(batch: Sequence[Unit]) -> dict[Unit, Compiled]:
    """One run for all; if nvcc refuses it, one for each, to see whose fault it is."""
    failed, words = _nvcc(batch)
    if failed and len(batch) > 1:
        return {unit: _compiled_together([unit])[unit] for unit in batch}
    needs = _needs(words)
    return {
        unit: Compiled(failed, words, {k: needs[k] for k in _of(unit, needs)}) for unit in batch
    }


def _nvcc(batch: Sequence[Unit]) -> tuple[bool, str]:
    texts = [unit.path.read_text(encoding="utf-8") for unit in batch]
    includes = dict.fromkeys(line.strip() for text in texts for line in _INCLUDE.findall(text))
    lines = list(includes)  # outside of any namespace; inside, their guards make them empty
    for unit, text in zip(batch, texts, strict=True):
        # Dynamic shared memory has a C name in an extern "C" kernel, one for the whole file.
        dynamic = set(_DYNAMIC.findall(text)) - {"shared"}  # which __shared__ itself stands for
        lines += [f"#define {name} {unit.namespace}_{name}" for name in dynamic]
        lines += [f"namespace {unit.namespace} {{", f'#include "{unit.path.resolve()}"']
        # Taking an instance's address makes it; the host's half of the file is thrown away.
        made = "".join(f"(const void*)&{name}, " for name in unit.instances)
        lines += [f"const void* made[] = {{{made}}};"] if made else []
        lines += ["}", *(f"#undef {name}" for name in (*dynamic, *_MACRO.findall(text)))]
    targets = [f"-gencode=arch=compute_{a},code=sm_{a}" for a in batch[0].architectures]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "units.cu")
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [str(NVCC), *FLAGS, *targets, str(source), "-o", f"{folder}/units.fatbin"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode != 0, done.stdout + done.stderr


def _needs(words: str) -> ByKernel:
    """Needs by kernel and architecture, from what ``ptxas -v`` printed.

    Of functions that are no kernels it prints spills too: a recursive one saves registers. Shared
    memory is rounded up to 16 bytes, because ptxas aligns its end as other kernels' begin.
    """
    needs: ByKernel = {}
    starts = [*_FUNCTION.finditer(words)]
    ends = [found.start() for found in starts[1:]] + [len(words)]
    for start, end in zip(starts, ends, strict=False):
        part = words[start.end() : end]
        registers = re.search(r"Used (\d+) registers", part)
        shared = re.search(r"(\d+) bytes smem", part)
        spills = _SPILLS.search(part)
        needs.setdefault(start[1], {})[start[2]] = {
            "registers": int(registers[1]) if registers else -1,
            "shared": -(-int(shared[1]) // 16) * 16 if shared else 0,
            "spilled": sum(map(int, spills.groups())) if spills else -1,
        }
    return {kernel: dict(sorted(needs[kernel].items())) for kernel in sorted(needs)}


def _of(unit: Unit, needs: ByKernel) -> list[str]:
    """The kernels of one unit of a batch: by its namespace, or by an extern "C" name."""
    inside = f"_ZN{len(unit.namespace)}{unit.namespace}"
    names = unit.kernels()
    return [k for k in needs if k.startswith(inside) or k in names]


@functools.cache
def release() -> str:
    """The compiler's version, such as 13.0."""
    words = subprocess.run([str(NVCC), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"release (\d+\.\d+)", words.stdout)
    assert found, words.stdout
    return found[1]


def recorded() -> tuple[str, dict[str, ByKernel]]:
    """The version of nvcc that the record is of, and by file what it needed."""
    data = json.loads(RECORD.read_text(encoding="utf-8"))
    return data["nvcc"], data["files"]


def update() -> None:
    """Compile everything and write the record, a line for a kernel on an architecture."""
    results = compiled(RECORDED)
    for unit, result in results.items():
        if result.failed:
            raise SystemExit(f"{unit} does not compile:\n{result.words}")
    files = {unit.name: results[unit].needs for unit in sorted(RECORDED, key=str)}
    text = json.dumps({"nvcc": release(), "files": files}, indent=1)
    inner = re.compile(r"\{\s+(\"registers\"[^}]*?)\s+\}")
    text = inner.sub(lambda found: "{" + re.sub(r"\s+", " ", found[1]) + "}", text)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(f"{RECORD.relative_to(ROOT)}: {len(files)} files by nvcc {release()}")


if __name__ == "__main__":
    update()
