"""Traces of real launches: the figure counts what the emulator counts, by code of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from attention_scratch import simt, viz
from attention_scratch.viz.trace_steps import EVENT, GLOBAL, SHARED, WarpStep
from attention_scratch.viz.trace_words import VERBS, sectors, wavefronts
from tests.viz.trace_kernels import REDUCE, STRIDED, TRANSPOSE

THREADS = 64
X = np.arange(2048, dtype=np.float32)
PADDED = TRANSPOSE.replace("tile[TILE][TILE]", "tile[TILE][TILE + 1]")
LAUNCHES = {
    "transpose": ("transpose", TRANSPOSE, ()),
    "padded transpose": ("transpose", PADDED, ()),
    "block sum": ("block_sum", REDUCE, (np.int32(50),)),
    "stride 3": ("copy_strided", STRIDED, (np.int32(3),)),
    "stride 32": ("copy_strided", STRIDED, (np.int32(32),)),
}


@pytest.fixture(scope="module", params=LAUNCHES)
def launched(request: pytest.FixtureRequest) -> tuple[viz.Player, simt.LaunchProfile]:
    """One launch, played and counted."""
    name, source, rest = LAUNCHES[request.param]
    kernel = simt.RawModule(code=source).get_function(name)
    with simt.trace() as trace, simt.profile() as profile:
        kernel((1,), (THREADS,), (X, np.zeros(1024, np.float32), *rest), checked=True)
    player = viz.play(trace.events, trace.names, trace.source, trace.block_dim)
    return player, profile.last


def steps(player: viz.Player, space: int) -> Iterator[WarpStep]:
    """Every access of every warp to one memory."""
    for warp in player.warps:
        yield from (step for step in warp.steps if step.kind in VERBS and step.space == space)


def test_a_step_is_what_the_emulator_counts_as_one_request(
    launched: tuple[viz.Player, simt.LaunchProfile],
) -> None:
    player, profile = launched
    assert len(list(steps(player, GLOBAL))) == profile.requests


def test_sectors_are_those_the_emulator_counts(
    launched: tuple[viz.Player, simt.LaunchProfile],
) -> None:
    player, profile = launched
    assert sum(len(sectors(step)) for step in steps(player, GLOBAL)) == profile.sectors


def test_wavefronts_are_those_the_emulator_counts(
    launched: tuple[viz.Player, simt.LaunchProfile],
) -> None:
    player, profile = launched
    assert sum(map(wavefronts, steps(player, SHARED))) == profile.shared_wavefronts


def test_a_column_of_a_real_tile_is_a_conflict_of_32_and_none_with_padding() -> None:
    told = {}
    for source in (TRANSPOSE, PADDED):
        kernel = simt.RawModule(code=source).get_function("transpose")
        with simt.trace() as trace:
            kernel((1,), (THREADS,), (X, np.zeros(1024, np.float32)))
        player = viz.play(trace.events, trace.names, trace.source, trace.block_dim)
        told[source] = next(line for line in player.summary() if line.startswith("line 10"))
    assert told[TRANSPOSE] == "line 10, 32 lanes read tile[0, 32, … 992], 32 wavefronts"
    assert told[PADDED] == "line 10, 32 lanes read tile[0, 33, … 1023], 1 wavefront"


def test_the_player_takes_the_very_fields_that_the_emulator_records() -> None:
    kernel = simt.RawModule(code=STRIDED).get_function("copy_strided")
    with simt.trace() as trace:
        kernel((1,), (THREADS,), (X, np.zeros(1024, np.float32), np.int32(1)))
    assert trace.events.dtype == EVENT
