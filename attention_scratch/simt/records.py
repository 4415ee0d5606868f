"""Builds the record of a launch that the runtime reads."""

from __future__ import annotations

import ctypes as c
import dataclasses
import itertools
import os
import re
import struct
import sys
from functools import cache

from attention_scratch.simt import abi
from attention_scratch.simt.arguments import Packed
from attention_scratch.simt.build import Build, Flavor
from attention_scratch.simt.elf import SharedVariable
from attention_scratch.simt.errors import Index3
from attention_scratch.simt.memory import DeviceBuffer
from attention_scratch.simt.options import LaunchOptions
from attention_scratch.simt.source import Source, without_comments

MAX_FINDINGS = 64
MAX_SITES = 4096
MAX_STRETCHES = 1 << 15
# What blocks on several cores would do in an order of their own.
_ORDER_MATTERS = re.compile(r"\batomic[A-Z]|\bprintf\b|\bvolatile\b|\b(?:red|atom)\.|\bmbarrier\.")
_MAY_SPIN = re.compile(r"\bvolatile\b|\batomic[A-Z]|\.(?:volatile|acquire|relaxed)\b")


_GEOMETRY = struct.Struct("12I")  # Launch from its field grid to preempt, in one go
_findings = (abi.Finding * MAX_FINDINGS)()  # one launch is under way at a time


@dataclasses.dataclass(frozen=True, slots=True)
class Compiled:
    """A kernel in one flavor, and what all records of its launches have in common."""

    built: Build
    static_shared: int  # bytes of its own __shared__ variables
    template: abi.Launch


@dataclasses.dataclass(frozen=True, slots=True)
class LaunchPlan:
    """One launch, checked and ready to run; ``traced`` is the number of a block, or None."""

    source: Source
    grid: Index3
    block: Index3
    packed: Packed
    options: LaunchOptions
    shared_bytes: int = 0
    dynamic_name: str = ""  # what the kernel calls its dynamic shared memory
    cooperative: bool = False
    counted: bool = False
    traced: int | None = None
    max_events: int = 0


@cache
def order_matters(code: str) -> bool:
    """Whether blocks of this source may see what other blocks do meanwhile."""
    return bool(_ORDER_MATTERS.search(without_comments(code)))


@cache
def _may_spin(code: str) -> bool:
    return bool(_MAY_SPIN.search(without_comments(code)))


def workers(plan: LaunchPlan, flavor: Flavor) -> int:
    """How many cores a launch runs on."""
    blocks = plan.grid[0] * plan.grid[1] * plan.grid[2]
    if flavor is not Flavor.FAST or plan.cooperative or blocks == 1:
        return 1
    asked = plan.options.workers
    if asked is None and order_matters(plan.source.code):
        return 1
    return min(asked or len(os.sched_getaffinity(0)), blocks)


def shared_variables(plan: LaunchPlan, built: Build) -> tuple[SharedVariable, ...]:
    """The variables in shared memory as this launch has them, dynamic ones at their size."""
    if not built.shared.variables:
        return ()
    found = [v for v in built.shared.variables if v.nbytes]
    dynamic = [v for v in built.shared.variables if not v.nbytes]  # several names for one place
    if dynamic:
        named = next((v for v in dynamic if v.name == plan.dynamic_name), dynamic[0])
        found.append(dataclasses.replace(named, hi=named.lo + plan.shared_bytes))
    return tuple(found)


def compiled(built: Build, entry: abi.KernelEntry, function: str) -> Compiled:
    """The kernel that ``function`` names in the source, at ``entry``."""
    launch = abi.Launch(
        entry=entry.call,
        module_lo=built.lo,
        module_hi=built.hi,
        checked=built.checked,
        findings=_findings,
        max_findings=MAX_FINDINGS,
    )
    layout = built.shared
    if layout.nbytes:
        launch.shared_anchor = c.cast(built.library.simt_shared_anchor, c.c_void_p)
        launch.shared_anchor_offset, launch.shared_bytes = layout.anchor, layout.nbytes
    static = sum(v.nbytes for v in layout.variables if v.function == function)
    return Compiled(built, static, launch)


def launch_record(plan: LaunchPlan, kernel: Compiled, buffers: list[DeviceBuffer]) -> abi.Launch:
    """The record of ``plan`` with the arrays in ``buffers``; it keeps alive what it points to."""
    launch = abi.Launch.from_buffer_copy(kernel.template)
    launch.kept_alive, launch.args, launch.args_bytes = _argument_block(plan.packed, buffers)
    _GEOMETRY.pack_into(
        launch,
        abi.Launch.grid.offset,
        *plan.grid,
        *plan.block,
        kernel.built.checked,
        abi.ORDERS[plan.options.order or "forward"],
        plan.options.seed or 0,
        workers(plan, kernel.built.flavor),
        plan.cooperative,
        _may_spin(plan.source.code),
    )
    _add_regions(launch, plan, kernel.built, buffers)
    _add_shared(launch, plan, kernel.built)
    if plan.counted:
        launch.sites, launch.max_sites = (abi.Site * MAX_SITES)(), MAX_SITES
    if kernel.built.flavor is Flavor.PROFILED:
        launch.stretches, launch.max_stretches = (abi.Stretch * MAX_STRETCHES)(), MAX_STRETCHES
    if plan.traced is not None:
        launch.events, launch.max_events = (abi.Event * plan.max_events)(), plan.max_events
        launch.traced_block = plan.traced
    return launch


def _add_regions(
    launch: abi.Launch, plan: LaunchPlan, built: Build, buffers: list[DeviceBuffer]
) -> None:
    if not buffers and not built.variables:
        return
    regions = (abi.Region * (len(buffers) + len(built.variables)))()
    for region, argument, buffer in zip(regions, plan.packed.arrays, buffers, strict=False):
        region.lo, region.hi = buffer.address, buffer.address + buffer.nbytes
        region.granule, region.read_only = argument.granule, argument.read_only
    for i, variable in enumerate(built.variables, len(buffers)):
        is_constant = variable.space == "constant"
        regions[i].lo, regions[i].hi = variable.address, variable.address + variable.nbytes
        regions[i].granule = variable.element_size
        regions[i].read_only = is_constant
        regions[i].space = abi.CONSTANT if is_constant else abi.GLOBAL
    launch.regions, launch.region_count = regions, len(buffers) + len(built.variables)


def _add_shared(launch: abi.Launch, plan: LaunchPlan, built: Build) -> None:
    if not built.shared.nbytes:
        return
    launch.dynamic_bytes = plan.shared_bytes
    variables = shared_variables(plan, built)
    launch.variables = (abi.SharedVariable * max(1, len(variables)))(
        *(abi.SharedVariable(v.lo, v.hi) for v in variables)
    )
    launch.variable_count = len(variables)


def _argument_block(packed: Packed, buffers: list[DeviceBuffer]) -> tuple[c.c_char, int, int]:
    """Pointers to the arguments, then the arguments, each at a multiple of 16 bytes.

    Returns:
        What keeps the memory alive, and its address and size.
    """
    values = dict(packed.values)
    for argument, buffer in zip(packed.arrays, buffers, strict=True):
        for slot in argument.slots:
            values[slot] = buffer.address.to_bytes(8, sys.byteorder)
    pieces = [values[i] + bytes(-len(values[i]) % 16) for i in range(len(values))]
    table = -(-8 * len(pieces) // 16) * 16
    size = table + sum(map(len, pieces))
    raw = bytearray(size + 16)
    holder = c.c_char.from_buffer(raw)
    skip = -c.addressof(holder) % 16  # a structure argument may need that alignment
    start = c.addressof(holder) + skip
    places = itertools.accumulate(map(len, pieces[:-1]), initial=start + table)
    pointers = struct.pack(f"{len(pieces)}Q", *places) if pieces else b""
    raw[skip : skip + size] = pointers.ljust(table, b"\0") + b"".join(pieces)
    return holder, start, size
