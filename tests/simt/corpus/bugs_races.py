"""Planted races: two threads touch one element, at least one writes, nothing orders them."""

from __future__ import annotations

import numpy as np

from tests.simt.corpus.case import Launch, f32
from tests.simt.corpus.planted import planted

# What an order of threads turns some races into as well: a read that comes before any write.
TOO_EARLY = ("uninitialized",)


@planted("race", "s", range(64, 128), space="shared", also=TOO_EARLY)
def race_missing_barrier() -> Launch:
    return Launch("block_sum", 2, 128, (f32(np.ones(200)), f32([0, 0]), np.int32(200)))


@planted("race", "tile", range(64), space="shared")
def race_tile_overwritten() -> Launch:
    keys = np.arange(130, dtype=np.int32)[::-1].copy()
    return Launch("ranks", 3, 64, (keys, np.zeros_like(keys), np.int32(130)))


@planted("race", "s", (*range(1, 16), *range(33, 48)), space="shared")
def race_warp_synchronous() -> Launch:
    return Launch("warp_sum", 2, 64, (f32(np.ones(128)), f32(np.zeros(4))))


@planted("race", "s", range(1, 255), space="shared")
def race_scan_in_place() -> Launch:
    x = np.ones(256, np.int32)
    return Launch("scan", 1, 256, (x, np.zeros_like(x)))


@planted("race", "scratch", range(4), space="shared")
def race_scratch_reused() -> Launch:
    x = f32(np.linspace(-1, 1, 400).reshape(2, 200))
    return Launch("softmax", 2, 128, (x, np.zeros_like(x), np.int32(200)))


@planted("race", "bins", range(5), space="global")
def race_histogram() -> Launch:
    x = (np.arange(300) % 5).astype(np.uint8)
    return Launch("histogram", 3, 128, (x, np.zeros(5, np.int32), np.int32(300)))


@planted("race", "counts", range(64), space="shared", also=TOO_EARLY)
def race_private_histogram() -> Launch:
    x = (np.arange(300) * 7 % 64).astype(np.uint8)
    return Launch("private_histogram", 2, 128, (x, np.zeros(64, np.int32), np.int32(300)))


@planted("race", "counts", range(64), space="shared")
def race_histogram_unfinished() -> Launch:
    x = (np.arange(300) * 7 % 64).astype(np.uint8)
    return Launch("early_histogram", 2, 128, (x, np.zeros(64, np.int32), np.int32(300)))


@planted("race", "partial", (1, 2, 3), space="global")
def race_between_blocks() -> Launch:
    args = (f32(np.ones(500)), f32(np.zeros(4)), f32([0]), np.int32(500))
    return Launch("mean", 4, 128, args)


@planted("race", "u", range(1, 99), space="global")
def race_stencil_in_place() -> Launch:
    return Launch("heat", 2, 64, (f32(np.arange(100) % 7), np.float32(0.1), np.int32(100)))


@planted("race", "stage", range(64 * 4), space="shared", also=TOO_EARLY)
def race_async_copy() -> Launch:
    x = f32(np.ones((5, 32, 4)))
    return Launch("sum_tiles", 1, 32, (x, f32(np.zeros(32)), np.int32(5)))


@planted("race", "count", 0, space="shared")
def race_counter_early() -> Launch:
    return Launch("early_count", 2, 64, (f32(np.ones(100)), np.zeros(2, np.int32), np.int32(100)))
