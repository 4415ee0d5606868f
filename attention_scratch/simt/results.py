"""Turns what the runtime brought back into findings, counters and recordings."""

from __future__ import annotations

import numpy as np

from attention_scratch.simt import abi, diagnosis, flops, symbols
from attention_scratch.simt.build import Build, Flavor
from attention_scratch.simt.counts import AccessCounts, Counters, LineCounts, merged
from attention_scratch.simt.declarations import dynamic_shared, static_shared
from attention_scratch.simt.errors import Finding, LaunchError, Place
from attention_scratch.simt.memory import DeviceBuffer
from attention_scratch.simt.objects import MemoryObject
from attention_scratch.simt.records import LaunchPlan, shared_variables
from attention_scratch.simt.source import without_comments
from attention_scratch.simt.tracing import EVENT, Recording

_NOTHING_COUNTED = Counters()


def findings(
    plan: LaunchPlan, built: Build, launch: abi.Launch, buffers: list[DeviceBuffer]
) -> tuple[Finding, ...]:
    """The diagnoses of a launch, in the order in which they were met."""
    records = [launch.findings[i] for i in range(launch.finding_count)]
    overwritten = [] if built.checked else _overwritten(plan, buffers)
    if not records and not overwritten:
        return ()
    context = diagnosis.Context(
        objects(plan, built),
        shared_objects(plan, built),
        plan.grid,
        plan.block,
        plan.options.time_limit or 0.0,
    )
    pcs = [pc for r in records for pc in (r.pc, r.other_pc)]
    lines = symbols.places(built, plan.source, pcs)
    found = [diagnosis.explain(r, lines, context) for r in records if not _same_line(r, lines)]
    found.sort(key=lambda f: f.kind == "uninitialized")  # where threads race, that is why
    nowhere = Place(plan.source.name, 0, "")
    found += [
        diagnosis.canary(context.arrays[array], offset, nowhere, context)
        for array, offset in overwritten
    ]
    return tuple(found)


def _overwritten(plan: LaunchPlan, buffers: list[DeviceBuffer]) -> list[tuple[int, int]]:
    """Which arrays were written just beside, and where."""
    found = []
    for i, (argument, buffer) in enumerate(zip(plan.packed.arrays, buffers, strict=True)):
        offset = None if argument.read_only else buffer.overwritten_canary()
        if offset is not None:
            found.append((i, offset))
    return found


def _same_line(record: abi.Finding, lines: dict[int, Place]) -> bool:
    """The compiler may copy one barrier of the source to several places."""
    is_barrier = abi.KINDS[record.kind] == "barrier-divergence"
    return is_barrier and lines[record.pc] == lines[record.other_pc]


def objects(plan: LaunchPlan, built: Build) -> tuple[MemoryObject, ...]:
    """What regions mean: the arguments, then the module's variables."""
    arrays = [MemoryObject.of_array(a.name, a.host) for a in plan.packed.arrays]
    arrays += [
        MemoryObject(
            v.name,
            "constant" if v.space == "constant" else "global",
            f"{v.element_size}-byte elements",
            v.element_size,
            v.shape or (1,),
        )
        for v in built.variables
    ]
    return tuple(arrays)


def shared_objects(plan: LaunchPlan, built: Build) -> tuple[tuple[int, MemoryObject], ...]:
    """The variables in shared memory with their offsets."""
    code = without_comments(plan.source.code)
    declared = static_shared(code) | {d.name: d for d in dynamic_shared(code)}
    found = []
    for variable in shared_variables(plan, built):
        declaration = declared.get(variable.name)
        element = declaration.element_bytes if declaration else 0
        count = (variable.hi - variable.lo) // (element or 1)
        kind = f"{element}-byte elements" if element else "bytes"
        found.append(
            (variable.lo, MemoryObject(variable.name, "shared", kind, element or 1, (count,)))
        )
    return tuple(found)


def counters(plan: LaunchPlan, built: Build, launch: abi.Launch) -> Counters:
    """Everything counted: empty for a launch nobody profiles."""
    if not plan.counted:
        return _NOTHING_COUNTED
    names = [o.name for o in objects(plan, built)]
    shared = [o.name for _, o in shared_objects(plan, built)]
    sites = [launch.sites[i] for i in range(launch.site_count)]
    lines = symbols.places(built, plan.source, [site.pc for site in sites]) if sites else {}
    accesses = merged(_count(s, lines[s.pc], shared if s.space == 1 else names) for s in sites)
    per_line, in_code = _lines(plan, built, launch)
    return Counters(
        accesses=accesses,
        lines=per_line,
        barriers=launch.barriers,
        warp_operations=launch.warp_meetings,
        flops=in_code + launch.flops,
    )


def _count(site: abi.Site, place: Place, names: list[str]) -> AccessCounts:
    return AccessCounts(
        line=place.line,
        text=place.text,
        array=names[site.region],
        operation=abi.OPERATIONS[site.how],
        size=site.size,
        accesses=site.lanes,
        requests=site.requests,
        sectors=site.sectors,
        space=abi.SPACES[site.space],
        wavefronts=site.wavefronts,
        ideal=site.ideal,
    )


def _lines(
    plan: LaunchPlan, built: Build, launch: abi.Launch
) -> tuple[tuple[LineCounts, ...], int]:
    if built.flavor is not Flavor.PROFILED:
        return (), 0
    stretches = [launch.stretches[i] for i in range(launch.stretch_count)]
    operations = flops.per_stretch(built.path)
    pcs = [s.pc for s in stretches]
    arithmetic = [pc for s in stretches for pc in _pcs(built, operations, s)]
    places = symbols.places(built, plan.source, [*pcs, *arithmetic])
    rows: dict[int, list[int]] = {}
    texts = {}
    for stretch in stretches:
        place = places[stretch.pc]
        texts[place.line] = place.text
        row = rows.setdefault(place.line, [0, 0, 0])
        row[0] = max(row[0], stretch.lanes)
        row[1] = max(row[1], stretch.warps)
        for offset, count in operations.get(stretch.pc - built.lo, ()):
            own = places[built.lo + offset]
            texts[own.line] = own.text
            rows.setdefault(own.line, [0, 0, 0])[2] += count * stretch.lanes
    lines = tuple(LineCounts(n, texts[n], *rows[n]) for n in sorted(rows))
    return lines, sum(line.flops for line in lines)


def _pcs(
    built: Build, operations: dict[int, tuple[tuple[int, int], ...]], stretch: abi.Stretch
) -> list[int]:
    return [built.lo + offset for offset, _ in operations.get(stretch.pc - built.lo, ())]


def recording(plan: LaunchPlan, built: Build, launch: abi.Launch) -> Recording | None:
    """The events of a traced launch.

    Raises:
        LaunchError: there were more than the trace has room for.
    """
    if plan.traced is None:
        return None
    if launch.event_count == plan.max_events:
        raise LaunchError(
            "trace",
            f"at least {plan.max_events:,} events",
            expected="fewer",
            remedy="Trace a smaller launch, or raise max_events.",
        )
    raw = [launch.events[i] for i in range(launch.event_count)]
    lines = symbols.places(built, plan.source, {e.pc for e in raw})
    arrays, shared = objects(plan, built), shared_objects(plan, built)
    names = tuple(o.name for o in arrays) + tuple(o.name for _, o in shared)
    events = np.zeros(len(raw), EVENT)
    for i, event in enumerate(raw):
        array, index = _element(event, arrays, shared)
        events[i] = (
            i, event.block, event.thread, event.kind, lines[event.pc].line, event.space,
            array, index, event.offset, event.size,
        )  # fmt: skip
    return Recording("", events, names, plan.source.code, plan.grid, plan.block)


def _element(
    event: abi.Event,
    arrays: tuple[MemoryObject, ...],
    shared: tuple[tuple[int, MemoryObject], ...],
) -> tuple[int, int]:
    if event.region < 0:
        return -1, 0
    if event.space == abi.SHARED:
        lo, variable = shared[event.region]
        return len(arrays) + event.region, (event.offset - lo) // variable.element_bytes
    return event.region, event.offset // arrays[event.region].element_bytes
