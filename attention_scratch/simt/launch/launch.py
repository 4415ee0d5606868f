"""One launch, top to bottom: arrays in, a record for the runtime, run, arrays out, report."""

from __future__ import annotations

import ctypes as c
import dataclasses
import os
import struct
import threading
import time
from typing import Any

import numpy.typing as npt

from attention_scratch.simt.compile import toolchain
from attention_scratch.simt.compile.binary import SharedVariable
from attention_scratch.simt.compile.build import Flavor
from attention_scratch.simt.errors import Finding, LaunchError
from attention_scratch.simt.launch.memory import DeviceBuffer
from attention_scratch.simt.launch.plan import Compiled, Plan
from attention_scratch.simt.report import diagnosis
from attention_scratch.simt.report.profiling import LaunchProfile
from attention_scratch.simt.report.scene import MemoryObject, Scene, shared_objects
from attention_scratch.simt.report.tracing import Recording
from attention_scratch.simt.runtime import abi

MAX_SITES = 4096
MAX_BASIC_BLOCKS = 1 << 15
SHADOW_BYTES = 32  # what the race detector keeps of one element
MAX_SHADOW_BYTES = 2 << 30
WAIT_SLICE = 0.05  # seconds between two looks at Ctrl-C and the clock
_GEOMETRY = struct.Struct("12I")  # abi.Launch from its field grid to preempt, in one go
_one_launch = threading.Lock()


class Launch:
    """One launch of a compiled kernel; it owns the plan, the module and the arrays' copies.

    Attributes:
        variables: what the module's variables hold, by name.
        buffers: the copies a kernel may touch, one per distinct array.
        record: what the runtime reads and writes.
        findings, profile, recording, output: what it brought; counters and events where asked for.
    """

    def __init__(
        self, kernel: Compiled, plan: Plan, variables: dict[str, npt.NDArray[Any]]
    ) -> None:
        self.kernel = kernel
        self.plan = plan
        self.variables = variables
        self.buffers: list[DeviceBuffer] = []
        self.record = abi.Launch.from_buffer_copy(kernel.record)
        self.findings: tuple[Finding, ...] = ()
        self.profile: LaunchProfile | None = None
        self.recording: Recording | None = None
        self.output = ""
        self._arguments: c.c_char | None = None  # keeps their memory alive

    def carry_out(self) -> Launch:
        """Run it; arrays and the module's variables change only when nothing was found.

        Raises:
            LaunchError: the arrays are too large for a checked launch, or the events too many.
            KeyboardInterrupt: the user interrupted it; the arrays are as they were.
        """
        if self.kernel.built.checked:
            self._require_room_for_checks()
        with _one_launch:
            try:
                self._copy_in()
                self._fill_record()
                self._run()
                self._find()
                if not self.findings:
                    self._copy_back()
                self._count()
                return self
            finally:  # a second interrupt may have cut the first one's stop short; memory goes next
                toolchain.runtime().simt_finish(c.byref(self.record), abi.INTERRUPTED)
                for buffer in self.buffers:
                    buffer.close()

    def _require_room_for_checks(self) -> None:
        written = [a for a in self.plan.packed.arrays if not a.read_only]
        needed = sum(SHADOW_BYTES * (a.host.nbytes // a.granule) for a in written)
        if needed > MAX_SHADOW_BYTES:
            most = f"{MAX_SHADOW_BYTES:,} bytes, not {needed:,}"
            raise LaunchError(
                "checked launch",
                f"{sum(a.host.nbytes for a in written):,} bytes of writable arrays",
                expected=f"arrays whose checks need at most {most}",
                remedy="Check it on smaller arrays, or launch it unchecked.",
            )

    def _copy_in(self) -> None:
        for argument in self.plan.packed.arrays:
            self.buffers.append(DeviceBuffer(argument.host, at_end=not self.kernel.built.checked))
            if argument.read_only:
                self.buffers[-1].make_read_only()
        for variable in self.kernel.built.variables:
            variable.write(self.variables[variable.name])

    def _fill_record(self) -> None:
        plan, record = self.plan, self.record
        addresses = [buffer.address for buffer in self.buffers]
        self._arguments, record.args, record.args_bytes = plan.packed.block(addresses)
        _GEOMETRY.pack_into(
            record,
            abi.Launch.grid.offset,
            *plan.grid,
            *plan.block,
            self.kernel.built.checked,
            abi.ORDERS[plan.options.order or "forward"],
            plan.options.seed or 0,
            self._workers(),
            self.kernel.cooperative,
            self.kernel.may_spin,
        )
        self._add_regions()
        self._add_shared_memory()
        if self.kernel.built.flavor is Flavor.PROFILED:
            record.sites, record.max_sites = (abi.Site * MAX_SITES)(), MAX_SITES
            record.basic_blocks, record.max_basic_blocks = (
                (abi.BasicBlock * MAX_BASIC_BLOCKS)(),
                MAX_BASIC_BLOCKS,
            )
        if plan.traced is not None:
            record.events, record.max_events = (abi.Event * plan.max_events)(), plan.max_events
            record.traced_block = plan.traced

    def _workers(self) -> int:
        """How many cores it runs on."""
        x, y, z = self.plan.grid
        blocks = x * y * z
        if self.kernel.built.checked or self.kernel.cooperative or blocks == 1:
            return 1
        asked = self.plan.options.workers
        if asked is None and self.kernel.order_matters:
            return 1
        return min(asked or len(os.sched_getaffinity(0)), blocks)

    def _add_regions(self) -> None:
        """The arguments, then the module's variables."""
        arguments = zip(self.plan.packed.arrays, self.buffers, strict=True)
        rows: list[tuple[int, ...]] = [
            (b.address, b.address + b.nbytes, a.granule, a.read_only, abi.GLOBAL)
            for a, b in arguments
        ]
        for v in self.kernel.built.variables:
            constant = v.space == "constant"
            space = abi.CONSTANT if constant else abi.GLOBAL
            rows.append((v.address, v.address + v.nbytes, v.element_size, constant, space))
        if rows:
            self.record.regions = (abi.Region * len(rows))(*(abi.Region(*row) for row in rows))
            self.record.region_count = len(rows)

    def _add_shared_memory(self) -> None:
        if not self.kernel.built.shared.nbytes:
            return
        variables = [abi.SharedVariable(v.lo, v.hi) for v in self._shared_variables()]
        self.record.dynamic_bytes = self.plan.shared_bytes
        self.record.variables = (abi.SharedVariable * max(1, len(variables)))(*variables)
        self.record.variable_count = len(variables)

    def _shared_variables(self) -> tuple[SharedVariable, ...]:
        """The variables in shared memory as this launch has them, dynamic ones at their size."""
        variables = self.kernel.built.shared.variables
        found = [v for v in variables if v.nbytes]
        dynamic = [v for v in variables if not v.nbytes]  # several names for one place
        if dynamic:
            own = (v for v in dynamic if v.name == self.kernel.dynamic_name)
            named = next(own, dynamic[0])
            found.append(dataclasses.replace(named, hi=named.lo + self.plan.shared_bytes))
        return tuple(found)

    def _run(self) -> None:
        """Run to the end; whatever interrupts the wait stops the launch first, then goes on."""
        runtime, record = toolchain.runtime(), c.byref(self.record)
        try:
            if not runtime.simt_start(record):
                raise toolchain.ToolchainError("the system gave the emulator no thread")
            deadline = time.monotonic() + (self.plan.options.time_limit or 0.0)
            while not runtime.simt_wait(WAIT_SLICE):
                if time.monotonic() > deadline:
                    runtime.simt_finish(record, abi.TIME_LIMIT)
        finally:
            runtime.simt_finish(record, abi.INTERRUPTED)
        if self.record.output_size:  # the text belongs to the runtime until its next launch
            text = c.string_at(self.record.output, self.record.output_size)
            self.output = text.decode("utf-8", "replace")

    def _find(self) -> None:
        overwritten = [] if self.kernel.built.checked else self._overwritten()
        if self.record.finding_count or overwritten:
            self.findings = diagnosis.findings(self.record, self._scene(), overwritten)

    def _overwritten(self) -> list[tuple[int, int]]:
        """Which arrays were written just beside, and where."""
        pairs = enumerate(zip(self.plan.packed.arrays, self.buffers, strict=True))
        offsets = [(i, b.overwritten_canary()) for i, (a, b) in pairs if not a.read_only]
        return [(i, offset) for i, offset in offsets if offset is not None]

    def _copy_back(self) -> None:
        for argument, buffer in zip(self.plan.packed.arrays, self.buffers, strict=True):
            if not argument.read_only:
                argument.host.reshape(-1).view("u1")[:] = buffer.bytes
        for variable in self.kernel.built.variables:
            variable.read(self.variables[variable.name])

    def _count(self) -> None:
        if self.kernel.built.flavor is Flavor.PROFILED and not self.findings:
            self.profile = LaunchProfile.read(self.record, self._scene())
        if self.plan.traced is not None:
            self.recording = Recording.read(self.record, self._scene())

    def _scene(self) -> Scene:
        built, source = self.kernel.built, self.kernel.source
        return Scene(
            self.kernel.name,
            source,
            built,
            (
                *(MemoryObject.of_array(a.name, a.host) for a in self.plan.packed.arrays),
                *(MemoryObject.of_variable(v) for v in built.variables),
            ),
            shared_objects(source, self._shared_variables()),
            self.plan.grid,
            self.plan.block,
            self.plan.options.time_limit or 0.0,
        )
