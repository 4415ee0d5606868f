"""Planted bugs in how threads wait for one another, and in what they compute."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import Launch, f32
from tests.simt.corpus.planted import TIME_LIMIT, planted


@planted("barrier-exit")
def barrier_exit() -> Launch:
    x = np.arange(200, dtype=np.int32)
    return Launch("reverse", 2, 128, (x, np.zeros_like(x), np.int32(200)))


@planted("barrier-divergence")
def barrier_divergence() -> Launch:
    return Launch("two_halves", 1, 64, (f32(np.ones(64)), f32(np.zeros(64))))


@planted("barrier-divergence", also=("barrier-exit",))
def barrier_in_loop() -> Launch:
    totals, rounds = np.zeros(1, np.int32), np.zeros(64, np.int32)
    args = (np.ones(100, np.int32), totals, rounds, np.int32(100))
    return Launch("chunk_totals", 1, 64, args)


@planted("warp-absent")
def warp_absent() -> Launch:
    return Launch("half_warp_sum", 1, 32, (f32(np.ones(16)), f32(np.zeros(32))))


@planted("warp-mask")
def warp_mask() -> Launch:
    return Launch("warp_max", 1, 32, (np.arange(20, dtype=np.int32), *_int(0), np.int32(20)))


@planted("warp-divergence")
def warp_divergence() -> Launch:
    return Launch("vote", 1, 32, (np.arange(-16, 16, dtype=np.int32), np.zeros(32, np.uint32)))


@planted("warp-divergence")
def warp_divergence_shuffles() -> Launch:
    return Launch("exchange", 1, 32, (f32(np.arange(32)), f32(np.zeros(32))))


@planted("inactive-lane")
def inactive_lane() -> Launch:
    return Launch("ragged_sum", 1, 32, (f32(np.ones(20)), f32([0]), np.int32(20)))


@planted("deadlock")
def deadlock_named_barriers() -> Launch:
    return Launch("pipeline", 1, 64, (f32(np.ones(96)), f32(np.zeros(96)), np.int32(3)))


@planted("deadlock")
def deadlock_wrong_count() -> Launch:
    return Launch("pairs", 1, 128, (f32(np.ones(128)), f32(np.zeros(128))))


@planted("time-limit", time_limit=TIME_LIMIT)
def time_limit_search() -> Launch:
    keys = f32(np.linspace(0.5, 9.5, 40))
    args = (f32(np.arange(10)), np.int32(10), keys, np.zeros(40, np.int32), np.int32(40))
    return Launch("lower_bound", 1, 64, args)


@planted("time-limit", time_limit=TIME_LIMIT)
def time_limit_lock() -> Launch:
    args = (np.arange(32, dtype=np.int32), np.zeros(5, np.int32), *_int(0, 0), np.int32(5))
    return Launch("append", 1, 32, args)


@planted("time-limit", time_limit=TIME_LIMIT)
def time_limit_flag() -> Launch:
    return Launch("hand_over", 2, 1, (np.zeros(32, np.int32), *_int(0, 0)))


@planted("assertion")
def assertion() -> Launch:
    targets = np.array([3, 0, -100, 6, 2], np.int32)
    args = (f32(np.zeros((5, 7))), targets, f32(np.zeros(5)), np.int32(5), np.int32(7))
    return Launch("nll", 1, 32, args)


@planted("assertion")
def assertion_trap() -> Launch:
    inner = np.arange(0, 40, 2)
    children = np.full((41, 2), -1, np.int32)
    children[inner] = np.stack([inner + 1, inner + 2], axis=1)
    roots = np.array([40, 39, 30, 0], np.int32)
    return Launch("count_nodes", 1, 4, (children, roots, np.zeros(4, np.int32)))


@planted("arithmetic")
def arithmetic() -> Launch:
    return Launch("chunk_of", 8, 1, (np.zeros(3, np.int32), np.int32(3)))


@planted("misuse")
def misuse_grid_sync() -> Launch:
    return Launch("two_steps", 2, 64, (f32(np.ones(100)), f32(np.zeros(100)), np.int32(100)))


@planted("misuse")
def misuse_wmma_stride() -> Launch:
    a, b = np.ones((16, 17), np.float16), np.ones((16, 16), np.float16)
    return Launch("product", 1, 32, (a, b, f32(np.zeros((16, 16))), np.int32(17)))


@planted("stack-overflow")
def stack_overflow() -> Launch:
    follower = np.array([1, 2, 3, 1], np.int32)
    return Launch("depths", 1, 4, (follower, np.zeros(4, np.int32)))


def _int(*values: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], ...]:
    return tuple(np.array([v], np.int32) for v in values)
