"""One ``Module`` type for a CUDA source, whether a GPU or the CPU emulator runs it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from attention_scratch import simt
from attention_scratch.config import BACKENDS, settings
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.kernels import gpu

Dimensions = int | Sequence[int]


class Launchable(Protocol):
    """What both backends give: a kernel that is called with grid, block and arguments."""

    def __call__(
        self, grid: Any, block: Any, args: Any, shared_mem: int = 0
    ) -> object: ...  # pragma: no cover - a protocol


class Loaded(Protocol):
    """A compiled source of either backend."""

    def get_function(self, name: str) -> Any: ...  # pragma: no cover - a protocol


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """A kernel ready to launch; call it as ``function(grid, block, args, shared_mem=0)``.

    Arrays are NumPy arrays on ``simt`` and CuPy arrays on ``cupy``; values are NumPy scalars
    (or Python integers) on both.
    """

    name: str
    backend: str
    _launch: Launchable

    def __call__(
        self, grid: Dimensions, block: Dimensions, args: Sequence[Any], shared_mem: int = 0
    ) -> None:
        """Launch it; on a GPU the call returns before the kernel has ended.

        Raises:
            LaunchError: a grid, a block or an argument that no device accepts.
            KernelError: (simt) the kernel did something it must not.
        """
        if self.backend == "cupy":
            grid, block = gpu.checked_launch(self.name, grid, block, args)
        self._launch(grid, block, tuple(args), shared_mem=shared_mem)


@dataclasses.dataclass(frozen=True, slots=True)
class Module:
    """A CUDA source loaded on one backend.

    Attributes:
        name: the step's name, such as ``vector/01_vector_add``.
        backend: ``cupy`` or ``simt``.
        source: the CUDA C++ text.
    """

    name: str
    backend: str
    source: str
    _loaded: Loaded

    def get_function(self, name: str) -> Function:
        """The kernel called ``name``.

        Raises:
            InputError: (simt) the source has no such kernel.
            CompileError: (simt) the source does not compile.
        """
        return Function(name, self.backend, self._loaded.get_function(name))


def load(name: str, backend: str | None = None) -> Module:
    """Load ``cuda/<name>.cu``.

    Args:
        name: family and step, such as ``"vector/01_vector_add"``.
        backend: ``cupy`` (a GPU), ``simt`` (the CPU emulator) or ``auto``: a GPU where there is
            one. By default what ``kernels.backend`` of the settings says.

    Raises:
        MissingFileError: there is no such kernel; the error lists those with similar names.
        InputError: an unknown backend, or ``cupy`` without a GPU.
        MissingExtraError: ``cupy`` without CuPy.
    """
    path = source_path(name)
    return _load(name, path, path.stat().st_mtime_ns, choose_backend(backend))


def compile_source(code: str, backend: str | None = None, *, name: str = "kernel.cu") -> Module:
    """A module from CUDA C++ text, as :func:`load` makes one from a file."""
    chosen = choose_backend(backend)
    if chosen == "cupy":
        return Module(name, chosen, code, gpu.raw_module(code))
    return Module(name, chosen, code, simt.RawModule(code, name=name))


def names() -> list[str]:
    """Every kernel source there is, in reading order: ``family/step``."""
    folder = settings().paths.cuda
    return sorted(str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.cu"))


def source_path(name: str) -> Path:
    """The file of a kernel source.

    Raises:
        MissingFileError: there is no such kernel; the error lists those with similar names.
    """
    known = names()
    path = settings().paths.cuda / f"{name}.cu"
    if name in known:
        return path
    ends = {n.rpartition("/")[2]: n for n in known}
    near = difflib.get_close_matches(str(name), [*known, *ends], n=3, cutoff=0.4)
    similar = list(dict.fromkeys(ends.get(n, n) for n in near)) or known
    raise MissingFileError(
        path,
        field="kernel",
        expected=f"a kernel of {settings().paths.cuda}",
        remedy=f"Did you mean {' or '.join(similar)}?" if similar else "Is the folder there?",
    )


def choose_backend(backend: str | None) -> str:
    """``cupy`` or ``simt``, from an argument, the settings and the machine.

    Raises:
        InputError: an unknown name, or ``cupy`` where no GPU is.
        MissingExtraError: ``cupy`` without CuPy.
    """
    wanted = backend or settings().kernels.backend
    if wanted not in BACKENDS:
        raise InputError(
            "backend", wanted, expected=" or ".join(BACKENDS), remedy="Choose one of them."
        )
    if wanted == "auto":
        return "cupy" if gpu.available() else "simt"
    if wanted == "cupy":
        gpu.require()
    return wanted


@cache
def _load(name: str, path: Path, _changed: int, backend: str) -> Module:
    source = path.read_text(encoding="utf-8")
    if backend == "cupy":
        return Module(name, backend, source, gpu.raw_module(source))
    return Module(name, backend, source, simt.RawModule(path=path))
