"""The words of findings: for each kind a summary and a hint, templates of :meth:`str.format`.

``{text}`` is the runtime's own text as a whole, ``{0}``, ``{1}``, … its parts between ``|``;
``{where}`` is the element, ``{operation}`` and ``{size}`` what was done to it; ``{limit}`` the
launch's time limit.
"""

from __future__ import annotations

WORDS = {
    "barrier-exit": (
        "barrier reached by only a part of the block: other threads have returned",
        "Every thread must reach __syncthreads(). Guard the work, not the barrier: no early "
        "return before it.",
    ),
    "barrier-divergence": (
        "different barriers met: threads of one block wait at different __syncthreads()",
        "Move the barrier out of the branch, so that all threads reach the same one.",
    ),
    "warp-absent": (
        "absent lanes: {0} waits for lanes of its mask that wait elsewhere ({1})",
        "All lanes named in the mask must reach this call: take it out of the branch, or name "
        "only the lanes that come.",
    ),
    "warp-mask": (
        "wrong mask: lane {1} calls {0} with 0x{2:08x}, which leaves it out",
        "A lane must be in the mask it passes.",
    ),
    "warp-divergence": (
        "lanes of one warp meet in different operations: {0} and {1}",
        "Lanes with the same mask must call the same operation.",
    ),
    "inactive-lane": (
        "inactive lane: {0} reads the value of lane {1}, which takes no part",
        "That value is undefined. Has the lane returned early, or is it not in the mask?",
    ),
    "deadlock": (
        "deadlock: {2} threads wait at a barrier of the block, {3} in a warp operation, {4} have "
        "returned; this one waits at {0}",
        "No thread is left that could let the others go on.",
    ),
    "uninitialized": (
        "uninitialized: read of {where} in shared memory, which nobody in the block wrote",
        "Shared memory starts with what another block left there. Is the whole tile filled, "
        "edges too, before it is read?",
    ),
    "misaligned": (
        "misaligned: {operation} of {size} bytes at {where}",
        "A GPU moves {size} bytes at once only from an address that is a multiple of {size}.",
    ),
    "out-of-memory": (
        "no memory left for this launch",
        "Launch it on smaller arrays, or on fewer blocks.",
    ),
    "assertion": ("{text}", ""),
    "misuse": ("misuse: {text}", "No device accepts that."),
    "arithmetic": (
        "integer division by zero, or its remainder",
        "A GPU does not stop here: it goes on with a meaningless number.",
    ),
    "stack-overflow": ("the thread's stack overflowed", "Is there a recursion without an end?"),
    "time-limit": (
        "time limit: the launch had not ended after {limit:g} s",
        "Does the loop's condition ever become false? Does a thread wait for one that cannot run?",
    ),
    "unsupported": ("not supported on the CPU: {text}", "It runs on a GPU through CuPy."),
}
STATIC_WRITE = (
    "not supported on the CPU: writing to a static variable, which outlives the launch",
    "Keep it in an array that you pass to the kernel, or declare it __device__.",
)


def words(kind: str, text: str, **values: object) -> tuple[str, str]:
    """Summary and hint of a finding of this kind."""
    if kind == "unsupported" and not text:
        return STATIC_WRITE
    parts = [int(part) if part.isdigit() else part for part in text.split("|")]
    summary, hint = WORDS[kind]
    return summary.format(*parts, text=text, **values), hint.format(**values)


def waits_for(kind: str, text: str) -> bool:
    """Whether another thread that waits elsewhere belongs to the finding."""
    if kind == "deadlock":
        return bool(text.split("|")[1])
    return kind in ("barrier-divergence", "warp-absent", "warp-divergence")
