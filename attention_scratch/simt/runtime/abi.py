"""The structures shared with the runtime: the mirror of ``runtime/src/abi.h``."""

from __future__ import annotations

import ctypes as c

U32, U64 = c.c_uint32, c.c_uint64
U32x3 = U32 * 3

KINDS = {
    1: "out-of-bounds",
    2: "const-write",
    3: "race",
    4: "misaligned",
    5: "out-of-bounds",  # of an array whose size the compiler knows
    6: "assertion",
    7: "illegal-address",
    8: "arithmetic",
    9: "time-limit",
    10: "interrupted",
    11: "stack-overflow",
    12: "unsupported",
    13: "out-of-memory",
    14: "uninitialized",
    15: "barrier-exit",
    16: "barrier-divergence",
    17: "warp-absent",
    18: "warp-mask",
    19: "warp-divergence",
    20: "inactive-lane",
    21: "deadlock",
    22: "misuse",
}
LOCAL_INDEX = 5
TIME_LIMIT = 9
INTERRUPTED = 10
ORDERS = {"forward": 0, "reverse": 1, "random": 2}
SPACES = {0: "global", 1: "shared", 2: "constant", 3: ""}
GLOBAL, SHARED, CONSTANT = 0, 1, 2
OPERATIONS = {0: "load", 1: "store", 2: "atomic"}


def each(kind: type, names: str) -> tuple[tuple[str, type], ...]:
    """Neighboring fields of one type."""
    return tuple((name, kind) for name in names.split())


class Mapping(c.Structure):
    """Room for one array between inaccessible pages."""

    _fields_ = each(U64, "base length lo hi")


class Region(c.Structure):
    """One array the kernel may touch: an argument, or a variable of the module."""

    _fields_ = (
        *each(U64, "lo hi"),
        *each(U32, "granule read_only space padding"),
    )


class SharedVariable(c.Structure):
    """A variable in shared memory."""

    _fields_ = each(U32, "lo hi")


class Finding(c.Structure):
    """One diagnosis."""

    _fields_ = (
        *each(U32, "kind count"),
        *each(U64, "pc other_pc address"),
        *each(U32x3, "thread block other_thread other_block"),
        *each(U32, "size is_write other_is_write space"),
        ("region", c.c_int32),
        ("padding", U32),
        ("offset", c.c_int64),
        ("text", c.c_char * 192),
    )


class Site(c.Structure):
    """What one instruction did to one array."""

    _fields_ = (
        *each(U64, "pc lanes requests sectors wavefronts ideal"),
        *each(U32, "size how space"),
        *each(c.c_int32, "region next"),
        ("padding", U32),
    )


class BasicBlock(c.Structure):
    """How often a basic block, code without branches, ran."""

    _fields_ = each(U64, "pc lanes warps")


class Event(c.Structure):
    """Something a traced thread did."""

    _fields_ = (
        *each(U64, "pc offset"),
        ("block", U32),
        ("thread", c.c_uint16),
        *each(c.c_uint8, "kind space"),
        ("region", c.c_int32),
        ("size", U32),
    )


class Launch(c.Structure):
    """Everything one launch needs and brings back."""

    _fields_ = (
        *each(c.c_void_p, "entry args"),
        *each(U64, "args_bytes module_lo module_hi"),
        *each(U32x3, "grid block"),
        *each(U32, "checked order seed workers cooperative preempt"),
        ("shared_anchor", c.c_void_p),
        *each(U64, "shared_anchor_offset shared_bytes dynamic_lo dynamic_bytes"),
        ("variables", c.POINTER(SharedVariable)),
        *each(U32, "variable_count region_count"),
        ("regions", c.POINTER(Region)),
        ("findings", c.POINTER(Finding)),
        *each(U32, "finding_count max_findings"),
        ("sites", c.POINTER(Site)),
        *each(U32, "site_count max_sites"),
        ("basic_blocks", c.POINTER(BasicBlock)),
        *each(U32, "basic_block_count max_basic_blocks"),
        ("events", c.POINTER(Event)),
        *each(U64, "event_count max_events traced_block barriers warp_meetings flops"),
        *each(U32, "stop incomplete inexact padding"),
        ("output", c.c_void_p),
        ("output_size", U64),
    )


class Parameter(c.Structure):
    """One kernel parameter (``runtime/include/simt/entry.h``)."""

    _fields_ = (
        ("kind", c.c_char),
        ("size", U32),
        ("element_kind", c.c_char),
        *each(U32, "element_size element_align element_is_const"),
    )


class KernelEntry(c.Structure):
    """A kernel's entry point and parameters."""

    _fields_ = (
        ("call", c.c_void_p),
        ("parameter_count", U32),
        ("parameters", c.POINTER(Parameter)),
    )


class Variable(c.Structure):
    """A ``__constant__`` or ``__device__`` variable of a module."""

    _fields_ = (
        ("address", c.c_void_p),
        ("bytes", U64),
        ("element_kind", c.c_char),
        *each(U32, "element_size rank"),
        ("extents", U64 * 4),
    )
