"""The emulator's face, in the shape of CuPy's: ``RawModule``, ``get_function``, a call."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attention_scratch.errors import InputError
from attention_scratch.simt import build, geometry
from attention_scratch.simt.arguments import Signature, pack
from attention_scratch.simt.build import Build
from attention_scratch.simt.errors import Finding, Index3, KernelError
from attention_scratch.simt.execution import LaunchPlan, Outcome, execute
from attention_scratch.simt.options import LaunchOptions, ambient_options
from attention_scratch.simt.profiling import LaunchProfile, active_profile
from attention_scratch.simt.source import KernelDeclaration, make_source

# A fast launch that ends in one of these is run again, checked, to say who did it and where.
UNEXPLAINED = ("canary", "illegal-address")
UNCHANGED = "No array was changed."


class RawModule:
    """CUDA C++ source, compiled for this machine's processor.

    Args:
        code, path: the source text, or the file that holds it: exactly one of them.
        options: further compiler options, such as ``-DTILE=16``.
        name_expressions: template instances to make available, such as ``scale<float>``.
        checked: look at every memory access of every launch (slower), instead of leaving
            bounds to the processor's page protection.
        name: how diagnoses call a source given as ``code``.

    Raises:
        InputError: both or neither of ``code`` and ``path``.
        MissingFileError: no such file.
    """

    def __init__(
        self,
        code: str | None = None,
        *,
        path: str | Path | None = None,
        options: Sequence[str] = (),
        name_expressions: Sequence[str] = (),
        checked: bool = False,
        name: str | None = None,
    ) -> None:
        source = make_source(code, path)
        self.source = dataclasses.replace(source, name=name) if name else source
        self.options = tuple(options)
        self.checked = checked
        self._declared = self.source.kernels()
        plain = [k.name for k in self._declared.values() if not k.is_template]
        self._exported = (*plain, *name_expressions)
        self._builds: dict[bool, Build] = {}

    def get_function(self, name: str) -> Kernel:
        """The kernel called ``name``: an ``extern "C"`` function or a name expression.

        Raises:
            CompileError: the source does not compile.
            InputError: there is no such kernel, or it can be reached only as a name expression.
        """
        if name not in self._exported:
            raise InputError(
                "kernel",
                name,
                expected=f"one of {', '.join(self._exported) or '(the source has no kernel)'}",
                remedy="A template is reached through name_expressions=('name<type>',).",
            )
        built = self.built(checked=self.is_checked(ambient_options()))
        by_expression = name not in self._declared
        if not by_expression and not _is_exported(built, name):
            raise InputError(
                "kernel",
                name,
                expected='an extern "C" function',
                remedy='Write extern "C" before __global__: C++ changes the names of the others.',
            )
        return Kernel(self, name, self._signature(name, built))

    def built(self, *, checked: bool) -> Build:
        """The compiled module, fast or checked.

        Raises:
            CompileError: the source does not compile.
        """
        if not self._exported:
            raise InputError(
                "code",
                self.source.name,
                expected="at least one __global__ function",
                remedy='A kernel begins with: extern "C" __global__ void name(…)',
            )
        if checked not in self._builds:
            self._builds[checked] = build.build(
                self.source, self._exported, options=self.options, checked=checked
            )
        return self._builds[checked]

    def is_checked(self, options: LaunchOptions) -> bool:
        """Whether a launch with these options looks at every access: asked for, or counted."""
        return self.checked or bool(options.checked) or active_profile() is not None

    def index(self, name: str) -> int:
        """The position of a kernel among the exported ones."""
        return self._exported.index(name)

    def declaration(self, name: str) -> KernelDeclaration | None:
        """How the source declares a kernel; the template for a name expression."""
        return self._declared.get(re.split(r"\W", name.split("<")[0].strip())[-1])

    def _signature(self, name: str, built: Build) -> Signature:
        entry = build.entry(built, self.index(name))
        parameters = tuple(entry.parameters[i] for i in range(entry.parameter_count))
        declared = self.declaration(name)
        names = declared.parameters if declared else ()
        if len(names) != len(parameters):
            names = tuple(f"#{i}" for i in range(len(parameters)))
        return Signature(name, names, parameters)


def _is_exported(built: Build, name: str) -> bool:
    return hasattr(built.library, name)


class Kernel:
    """A kernel one can launch: ``kernel((gx, gy, gz), (bx, by, bz), (args…))``."""

    def __init__(self, module: RawModule, name: str, signature: Signature) -> None:
        self.module = module
        self.name = name
        self.signature = signature

    def __call__(
        self,
        grid: int | Sequence[int],
        block: int | Sequence[int],
        args: Sequence[Any],
        shared_mem: int = 0,
        *,
        order: str | None = None,
        seed: int | None = None,
        checked: bool | None = None,
        time_limit: float | None = None,
    ) -> None:
        """Launch the kernel and wait for its end.

        Args:
            grid, block: blocks in the grid and threads in a block, one to three dimensions.
            args: one value per parameter: NumPy arrays for pointers, NumPy scalars (or Python
                integers) for values.
            shared_mem: bytes of dynamic shared memory.
            order, seed, checked, time_limit: see :class:`LaunchOptions`.

        Raises:
            LaunchError: no device would accept this launch.
            KernelError: the kernel did something it must not. No array was changed.
        """
        options = LaunchOptions(order, seed, checked, time_limit).over(ambient_options())
        geometry.checked_shared_memory(self.name, shared_mem)
        plan = LaunchPlan(
            source=self.module.source,
            grid=geometry.checked_grid(self.name, grid),
            block=geometry.checked_block(self.name, block),
            packed=pack(self.signature, args),
            options=options,
        )
        profile = active_profile()
        outcome = self._run(plan, checked=self.module.is_checked(options))
        sys.stdout.write(outcome.output)
        if outcome.findings:
            raise self._error(plan, outcome.findings)
        if profile is not None:
            if not outcome.exact:
                raise KernelError(f"{self.name}: too many accesses to count exactly", ())
            profile.launches.append(LaunchProfile(self.name, plan.grid, plan.block, outcome.counts))

    def _run(self, plan: LaunchPlan, *, checked: bool) -> Outcome:
        outcome = self._execute(plan, checked=checked)
        if checked or all(f.kind not in UNEXPLAINED for f in outcome.findings):
            return outcome
        explained = self._execute(plan, checked=True)
        return explained if explained.findings else outcome

    def _execute(self, plan: LaunchPlan, *, checked: bool) -> Outcome:
        built = self.module.built(checked=checked)
        return execute(plan, built, build.entry(built, self.module.index(self.name)))

    def _error(self, plan: LaunchPlan, findings: tuple[Finding, ...]) -> KernelError:
        count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        shape = f"<<<{_short(plan.grid)}, {_short(plan.block)}>>>"
        body = "\n\n".join(str(f) for f in findings)
        return KernelError(f"{self.name}{shape}: {count}. {UNCHANGED}\n\n{body}", findings)


def _short(dimensions: Index3) -> str:
    x, y, z = dimensions
    return str(x) if (y, z) == (1, 1) else f"({x},{y})" if z == 1 else f"({x},{y},{z})"
