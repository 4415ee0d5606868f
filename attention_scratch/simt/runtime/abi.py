"""The structures shared with the runtime: the mirror of ``runtime/src/abi.h``."""

from __future__ import annotations

import ctypes as c

U32x3 = c.c_uint32 * 3

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


class Mapping(c.Structure):
    """Room for one array between inaccessible pages."""

    _fields_ = (
        ("base", c.c_uint64),
        ("length", c.c_uint64),
        ("lo", c.c_uint64),
        ("hi", c.c_uint64),
    )


class Region(c.Structure):
    """One array the kernel may touch: an argument, or a variable of the module."""

    _fields_ = (
        ("lo", c.c_uint64),
        ("hi", c.c_uint64),
        ("granule", c.c_uint32),
        ("read_only", c.c_uint32),
        ("space", c.c_uint32),
        ("padding", c.c_uint32),
    )


class SharedVariable(c.Structure):
    """A variable in shared memory."""

    _fields_ = (("lo", c.c_uint32), ("hi", c.c_uint32))


class Finding(c.Structure):
    """One diagnosis."""

    _fields_ = (
        ("kind", c.c_uint32),
        ("count", c.c_uint32),
        ("pc", c.c_uint64),
        ("other_pc", c.c_uint64),
        ("address", c.c_uint64),
        ("thread", U32x3),
        ("block", U32x3),
        ("other_thread", U32x3),
        ("other_block", U32x3),
        ("size", c.c_uint32),
        ("is_write", c.c_uint32),
        ("other_is_write", c.c_uint32),
        ("space", c.c_uint32),
        ("region", c.c_int32),
        ("padding", c.c_uint32),
        ("offset", c.c_int64),
        ("text", c.c_char * 192),
    )


class Site(c.Structure):
    """What one instruction did to one array."""

    _fields_ = (
        ("pc", c.c_uint64),
        ("lanes", c.c_uint64),
        ("requests", c.c_uint64),
        ("sectors", c.c_uint64),
        ("wavefronts", c.c_uint64),
        ("ideal", c.c_uint64),
        ("size", c.c_uint32),
        ("how", c.c_uint32),
        ("space", c.c_uint32),
        ("region", c.c_int32),
        ("next", c.c_int32),
        ("padding", c.c_uint32),
    )


class Stretch(c.Structure):
    """How often a stretch of code without branches ran."""

    _fields_ = (("pc", c.c_uint64), ("lanes", c.c_uint64), ("warps", c.c_uint64))


class Event(c.Structure):
    """Something a traced thread did."""

    _fields_ = (
        ("pc", c.c_uint64),
        ("offset", c.c_uint64),
        ("block", c.c_uint32),
        ("thread", c.c_uint16),
        ("kind", c.c_uint8),
        ("space", c.c_uint8),
        ("region", c.c_int32),
        ("size", c.c_uint32),
    )


class Launch(c.Structure):
    """Everything one launch needs and brings back."""

    _fields_ = (
        ("entry", c.c_void_p),
        ("args", c.c_void_p),
        ("args_bytes", c.c_uint64),
        ("module_lo", c.c_uint64),
        ("module_hi", c.c_uint64),
        ("grid", U32x3),
        ("block", U32x3),
        ("checked", c.c_uint32),
        ("order", c.c_uint32),
        ("seed", c.c_uint32),
        ("workers", c.c_uint32),
        ("cooperative", c.c_uint32),
        ("preempt", c.c_uint32),
        ("shared_anchor", c.c_void_p),
        ("shared_anchor_offset", c.c_uint64),
        ("shared_bytes", c.c_uint64),
        ("dynamic_lo", c.c_uint64),
        ("dynamic_bytes", c.c_uint64),
        ("variables", c.POINTER(SharedVariable)),
        ("variable_count", c.c_uint32),
        ("region_count", c.c_uint32),
        ("regions", c.POINTER(Region)),
        ("findings", c.POINTER(Finding)),
        ("finding_count", c.c_uint32),
        ("max_findings", c.c_uint32),
        ("sites", c.POINTER(Site)),
        ("site_count", c.c_uint32),
        ("max_sites", c.c_uint32),
        ("stretches", c.POINTER(Stretch)),
        ("stretch_count", c.c_uint32),
        ("max_stretches", c.c_uint32),
        ("events", c.POINTER(Event)),
        ("event_count", c.c_uint64),
        ("max_events", c.c_uint64),
        ("traced_block", c.c_uint64),
        ("barriers", c.c_uint64),
        ("warp_meetings", c.c_uint64),
        ("flops", c.c_uint64),
        ("stop", c.c_uint32),
        ("incomplete", c.c_uint32),
        ("inexact", c.c_uint32),
        ("padding", c.c_uint32),
        ("output", c.c_void_p),
        ("output_size", c.c_uint64),
    )


class Parameter(c.Structure):
    """One kernel parameter (``runtime/include/simt/entry.h``)."""

    _fields_ = (
        ("kind", c.c_char),
        ("size", c.c_uint32),
        ("element_kind", c.c_char),
        ("element_size", c.c_uint32),
        ("element_align", c.c_uint32),
        ("element_is_const", c.c_uint32),
    )


class KernelEntry(c.Structure):
    """A kernel's entry point and parameters."""

    _fields_ = (
        ("call", c.c_void_p),
        ("parameter_count", c.c_uint32),
        ("parameters", c.POINTER(Parameter)),
    )


class Variable(c.Structure):
    """A ``__constant__`` or ``__device__`` variable of a module."""

    _fields_ = (
        ("address", c.c_void_p),
        ("bytes", c.c_uint64),
        ("element_kind", c.c_char),
        ("element_size", c.c_uint32),
        ("rank", c.c_uint32),
        ("extents", c.c_uint64 * 4),
    )
