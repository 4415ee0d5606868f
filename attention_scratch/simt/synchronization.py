"""The words for threads that do not meet as they should."""

from __future__ import annotations

from collections.abc import Callable

from attention_scratch.simt.errors import Finding

# From the record's text to a summary, a hint, and what the other thread did (empty: no other).
Words = Callable[[str, Finding], tuple[str, str, str]]


def _barrier_exit(_: str, __: Finding) -> tuple[str, str, str]:
    return (
        "barrier reached by only a part of the block: other threads have returned",
        "Every thread must reach __syncthreads(). Guard the work, not the barrier: no early "
        "return before it.",
        "",
    )


def _barrier_divergence(_: str, __: Finding) -> tuple[str, str, str]:
    return (
        "different barriers met: threads of one block wait at different __syncthreads()",
        "Move the barrier out of the branch, so that all threads reach the same one.",
        "wait",
    )


def _warp_absent(text: str, _: Finding) -> tuple[str, str, str]:
    here, there = text.split("|")[:2]
    return (
        f"absent lanes: {here} waits for lanes of its mask that wait elsewhere ({there})",
        "All lanes named in the mask must reach this call: take it out of the branch, or name "
        "only the lanes that come.",
        "wait",
    )


def _warp_mask(text: str, _: Finding) -> tuple[str, str, str]:
    name, lane, mask = text.split("|")
    return (
        f"wrong mask: lane {lane} calls {name} with 0x{int(mask):08x}, which leaves it out",
        "A lane must be in the mask it passes.",
        "",
    )


def _warp_divergence(text: str, _: Finding) -> tuple[str, str, str]:
    here, there = text.split("|")
    return (
        f"lanes of one warp meet in different operations: {here} and {there}",
        "Lanes with the same mask must call the same operation.",
        "wait",
    )


def _inactive_lane(text: str, finding: Finding) -> tuple[str, str, str]:
    name, lane = text.split("|")
    return (
        f"inactive lane: {name} reads the value of lane {lane}, which takes no part",
        "That value is undefined. Has the lane returned early, or is it not in the mask?",
        "",
    )


def _deadlock(text: str, _: Finding) -> tuple[str, str, str]:
    here, there, at_barrier, at_warp, gone = text.split("|")
    return (
        f"deadlock: {at_barrier} threads wait at a barrier of the block, {at_warp} in a warp "
        f"operation, {gone} have returned; this one waits at {here}",
        "No thread is left that could let the others go on.",
        "wait" if there else "",
    )


SYNCHRONIZATION: dict[str, Words] = {
    "barrier-exit": _barrier_exit,
    "barrier-divergence": _barrier_divergence,
    "warp-absent": _warp_absent,
    "warp-mask": _warp_mask,
    "warp-divergence": _warp_divergence,
    "inactive-lane": _inactive_lane,
    "deadlock": _deadlock,
}
