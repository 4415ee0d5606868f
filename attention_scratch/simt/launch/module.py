"""The emulator's face, in the shape of CuPy's: ``RawModule``, ``get_function``, a call."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from attention_scratch.errors import require
from attention_scratch.simt.compile import build
from attention_scratch.simt.compile.build import Build, Flavor
from attention_scratch.simt.compile.source import KernelDeclaration, dynamic_shared, make_source
from attention_scratch.simt.errors import Finding, KernelError
from attention_scratch.simt.launch import geometry
from attention_scratch.simt.launch.arguments import Signature, pack
from attention_scratch.simt.launch.launch import Launch
from attention_scratch.simt.launch.options import LaunchOptions, ambient_options
from attention_scratch.simt.launch.plan import Compiled, Plan, function_name
from attention_scratch.simt.report.profiling import active_profile
from attention_scratch.simt.report.tracing import active_trace

# A fast launch that ends in one of these is run again, checked, to say who did it and where.
UNEXPLAINED = ("canary", "illegal-address", "misaligned")
UNCHANGED = "No array was changed."


class RawModule:
    """CUDA C++ source, compiled for this machine's processor.

    Args:
        code, path: the source text, or the file that holds it: exactly one of them.
        options: further compiler options, such as ``-DTILE=16``.
        name_expressions: template instances to make available, such as ``scale<float>``.
        checked: look at every memory access of every launch (slower), instead of leaving
            bounds to the processor's page protection.
        enable_cooperative_groups: let every block of a launch run at once, so that the whole grid
            can meet at ``grid.sync()``.
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
        enable_cooperative_groups: bool = False,
        name: str | None = None,
    ) -> None:
        source = make_source(code, path)
        self.source = dataclasses.replace(source, name=name) if name else source
        self.options = tuple(options)
        self.checked = checked
        self._declared = self.source.kernels()
        plain = [k.name for k in self._declared.values() if not k.is_template]
        self.name_expressions = tuple(name_expressions)
        self._exported = tuple(dict.fromkeys((*plain, *name_expressions)))
        self.cooperative = enable_cooperative_groups
        self._builds: dict[Flavor, Build] = {}
        self.variables: dict[str, npt.NDArray[Any]] = {}  # what they hold between launches

    def get_function(self, name: str) -> Kernel:
        """The kernel called ``name``: an ``extern "C"`` function or a name expression.

        Raises:
            CompileError: the source does not compile.
            InputError: there is no such kernel, or it can be reached only as a name expression.
        """
        require(
            name in self._exported,
            "kernel",
            name,
            expected=f"one of {', '.join(self._exported) or '(the source has no kernel)'}",
            remedy="A template is reached through name_expressions=('name<type>',).",
        )
        built = self.built(self.flavor(ambient_options()))
        require(
            name in self.name_expressions or hasattr(built.library, name),
            "kernel",
            name,
            expected='an extern "C" function',
            remedy='Write extern "C" before __global__: C++ changes the names of the others.',
        )
        declared = self.declaration(name)
        names = declared.parameters if declared else ()
        signature = Signature.read(name, names, built.entry(self.index(name)))
        return Kernel(self, name, signature)

    def get_global(self, name: str) -> npt.NDArray[Any]:
        """A ``__constant__`` or ``__device__`` variable.

        Returns:
            An array one reads and writes in place: a launch starts from what it holds, and a
            ``__device__`` variable holds afterwards what the kernel left.

        Raises:
            InputError: the source has no such variable.
        """
        self.built(self.flavor(ambient_options()))
        require(
            name in self.variables,
            "variable",
            name,
            expected=f"one of {', '.join(self.variables) or '(the source has none)'}",
            remedy="It must be declared outside of functions, __constant__ or __device__.",
        )
        return self.variables[name]

    def built(self, flavor: Flavor) -> Build:
        """The compiled module.

        Raises:
            CompileError: the source does not compile.
        """
        require(
            self._exported,
            "code",
            self.source.name,
            expected="at least one __global__ function",
            remedy='A kernel begins with: extern "C" __global__ void name(…)',
        )
        if flavor not in self._builds:
            built = build.build(self.source, self._exported, options=self.options, flavor=flavor)
            self._builds[flavor] = built
            if not self.variables:
                self.variables = {v.name: v.initial_value() for v in built.variables}
        return self._builds[flavor]

    def flavor(self, options: LaunchOptions) -> Flavor:
        """How a launch with these options is compiled."""
        if active_profile() is not None:
            return Flavor.PROFILED
        checked = self.checked or bool(options.checked) or active_trace() is not None
        return Flavor.CHECKED if checked else Flavor.FAST

    def index(self, name: str) -> int:
        """The position of a kernel among the exported ones."""
        return self._exported.index(name)

    def declaration(self, name: str) -> KernelDeclaration | None:
        """How the source declares a kernel; the template for a name expression."""
        return self._declared.get(function_name(name))


class Kernel:
    """A kernel one can launch: ``kernel((gx, gy, gz), (bx, by, bz), (args…))``."""

    def __init__(self, module: RawModule, name: str, signature: Signature) -> None:
        self.module = module
        self.name = name
        self.signature = signature
        self.max_dynamic_shared_size_bytes = geometry.MAX_SHARED_BYTES
        declaration = module.declaration(name)
        declared = dynamic_shared(declaration.body) if declaration else ()
        self._dynamic_name = declared[0].name if declared else ""
        self._compiled: dict[Flavor, Compiled] = {}

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
        workers: int | None = None,
    ) -> None:
        """Launch the kernel and wait for its end.

        Args:
            grid, block: blocks in the grid and threads in a block, one to three dimensions.
            args: one value per parameter: NumPy arrays for pointers, NumPy scalars (or Python
                integers) for values.
            shared_mem: bytes of dynamic shared memory. More than 48 KB in all must be asked for,
                as on a GPU: ``kernel.max_dynamic_shared_size_bytes = …``, up to 227 KB.
            order, seed, checked, time_limit, workers: see :class:`LaunchOptions`.

        Raises:
            LaunchError: no device would accept this launch.
            KernelError: the kernel did something it must not. No array was changed.
        """
        said = (order, seed, checked, time_limit, workers)
        options = ambient_options()
        if any(value is not None for value in said):
            options = LaunchOptions(*said).over(options)
        flavor = self.module.flavor(options)
        plan = self._plan(grid, block, args, shared_mem, options, flavor)
        launch = Launch(self._in(flavor), plan, self.module.variables).carry_out()
        if flavor is Flavor.FAST and any(f.kind in UNEXPLAINED for f in launch.findings):
            again = Launch(self._in(Flavor.CHECKED), plan, self.module.variables).carry_out()
            launch = again if again.findings else launch
        self._report(launch)

    def _plan(
        self,
        grid: Any,
        block: Any,
        args: Any,
        shared_mem: Any,
        options: LaunchOptions,
        flavor: Flavor,
    ) -> Plan:
        trace = active_trace()
        plan = Plan(
            grid=geometry.checked_grid(self.name, grid),
            block=geometry.checked_block(self.name, block),
            packed=pack(self.signature, args),
            options=options,
            shared_bytes=geometry.checked_shared_memory(
                self.name,
                shared_mem,
                static=self._in(flavor).static_shared,
                limit=self.max_dynamic_shared_size_bytes,
            ),
            traced=geometry.linear_block(trace.block, grid) if trace else None,
            max_events=trace.max_events if trace else 0,
        )
        if self.module.cooperative:
            geometry.checked_cooperative(self.name, plan.grid, plan.block)
        return plan

    def _in(self, flavor: Flavor) -> Compiled:
        if flavor not in self._compiled:
            self._compiled[flavor] = Compiled.of(
                self.name,
                self.module.source,
                self.module.built(flavor),
                index=self.module.index(self.name),
                dynamic_name=self._dynamic_name,
                cooperative=self.module.cooperative,
            )
        return self._compiled[flavor]

    def _report(self, launch: Launch) -> None:
        if launch.output:
            sys.stdout.write(launch.output)
        trace, profile = active_trace(), active_profile()
        if trace is not None and launch.recording is not None:  # of a launch that failed, too
            trace.recordings.append(launch.recording)
        if launch.findings:
            raise self._error(launch.plan, launch.findings)
        if profile is not None and launch.profile is not None:
            if launch.record.inexact:
                raise KernelError(f"{self.name}: too many accesses to count exactly", ())
            profile.launches.append(launch.profile)

    def _error(self, plan: Plan, findings: tuple[Finding, ...]) -> KernelError:
        count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        shape = f"<<<{geometry.short(plan.grid)}, {geometry.short(plan.block)}>>>"
        body = "\n\n".join(str(f) for f in findings)
        return KernelError(f"{self.name}{shape}: {count}. {UNCHANGED}\n\n{body}", findings)
