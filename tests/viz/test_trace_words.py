"""Sectors, wavefronts and sentences of one step, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_scratch.viz import trace_steps as ts
from attention_scratch.viz import trace_words as words

NAMES = ("x", "tile")


def step(
    index: list[int] | np.ndarray,
    *,
    kind: int = ts.READ,
    space: int = ts.GLOBAL,
    size: int = 4,
    lanes: list[int] | None = None,
    start: int = 0,
    opens: bool = False,
) -> ts.WarpStep:
    index = np.asarray(index, np.int64)
    return ts.WarpStep(
        kind=kind,
        line=7,
        space=space,
        array=int(space == ts.SHARED),
        size=size,
        lanes=np.arange(len(index)) if lanes is None else np.array(lanes),
        index=index,
        offset=start + index * size,
        waiting=frozenset(),
        done=frozenset(),
        opens=opens,
    )


LANES = np.arange(32)


@pytest.mark.parametrize("stride", [0, 1, 2, 4, 8, 16, 32, 33])
def test_floats_at_a_stride_touch_as_many_sectors_as_the_rule_says(stride: int) -> None:
    assert len(words.sectors(step(LANES * stride))) == max(1, min(32, 4 * stride))


@pytest.mark.parametrize(("size", "sectors"), [(1, 1), (2, 2), (4, 4), (8, 8), (16, 16)])
def test_neighbors_touch_as_many_sectors_as_their_bytes_fill(size: int, sectors: int) -> None:
    assert len(words.sectors(step(LANES, size=size))) == sectors


def test_neighbors_that_begin_in_the_middle_of_a_sector_touch_one_more() -> None:
    assert len(words.sectors(step(LANES, start=4))) == 5


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 64])
def test_a_stride_in_shared_memory_conflicts_by_its_common_divisor_with_32(stride: int) -> None:
    assert words.wavefronts(step(LANES * stride, space=ts.SHARED)) == math.gcd(stride, 32)


def test_lanes_that_want_the_same_word_are_served_together() -> None:
    assert words.wavefronts(step(LANES * 0, space=ts.SHARED)) == 1
    assert words.wavefronts(step(LANES % 2 * 32, space=ts.SHARED)) == 2
    assert words.wavefronts(step(LANES, space=ts.SHARED, size=1)) == 1


@pytest.mark.parametrize(("size", "turns"), [(8, 2), (16, 4)])
def test_wide_accesses_go_out_in_parts(size: int, turns: int) -> None:
    assert words.wavefronts(step(LANES, space=ts.SHARED, size=size)) == turns
    one_column = step(LANES * (128 // size), space=ts.SHARED, size=size)
    assert words.wavefronts(one_column) == 32


@given(st.lists(st.integers(0, 4095), min_size=1, max_size=32))
def test_wavefronts_are_the_most_words_any_bank_is_asked_for(index: list[int]) -> None:
    asked: dict[int, set[int]] = {}
    for word in index:
        asked.setdefault(word % 32, set()).add(word)
    expected = max(len(found) for found in asked.values())
    assert words.wavefronts(step(index, space=ts.SHARED)) == expected


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (LANES, "x[0..31]"),
        (LANES[::-1] + 3, "x[34..3]"),
        (LANES * 32, "x[0, 32, … 992]"),
        (LANES * 0 + 5, "x[5]"),
        ([9], "x[9]"),
        ([2, 3], "x[2, 3]"),
        (LANES // 16, "x[0, 1]"),
        ([0, 5, 7, 1, 40], "5 elements of x, 0 to 40"),
    ],
)
def test_elements_are_named_in_the_order_of_their_lanes(index: list[int], text: str) -> None:
    assert words.elements("x", np.asarray(index)) == text


@pytest.mark.parametrize(
    ("lanes", "of", "text"),
    [
        ([4], 32, "lane 4"),
        ([0], 1, "lane 0"),
        ([0, 1], 32, "lanes 0 and 1"),
        (list(range(8, 32)), 32, "lanes 8 to 31"),
        (list(range(32)), 32, "32 lanes"),
        (list(range(9)), 9, "9 lanes"),
        ([1, 3, 5], 32, "3 lanes"),
    ],
)
def test_lanes_are_the_subject_of_the_sentence(lanes: list[int], of: int, text: str) -> None:
    assert words.subject(np.array(lanes), of=of) == text


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (step(LANES, space=ts.SHARED), "line 7, 32 lanes read tile[0..31], 1 wavefront"),
        (
            step(LANES * 32, space=ts.SHARED),
            "line 7, 32 lanes read tile[0, 32, … 992], 32 wavefronts",
        ),
        (step(LANES, kind=ts.WRITE), "line 7, 32 lanes write x[0..31], 4 sectors"),
        (
            step([3], kind=ts.ATOMIC, lanes=[0]),
            "line 7, lane 0 updates x[3] atomically, 1 sector",
        ),
        (
            step(LANES, space=ts.CONSTANT),
            "line 7, 32 lanes read x[0..31], 32 different addresses",
        ),
        (
            step(LANES, kind=ts.ARRIVE, opens=True),
            "line 7, 32 lanes wait at the barrier, then go on with the whole block",
        ),
        (step([0], kind=ts.ARRIVE), "line 7, lane 0 waits at the barrier"),
        (step(LANES, kind=ts.LEAVE), "line 7, 32 lanes go on: the barrier opens"),
        (step(LANES, kind=ts.MEET, opens=True), "line 7, 32 lanes meet in a warp operation"),
        (step(LANES, kind=ts.EXIT), "line 7, 32 lanes are done"),
    ],
)
def test_a_step_is_told_in_one_sentence(made: ts.WarpStep, text: str) -> None:
    assert words.sentence(made, NAMES, lanes=32) == text


def test_the_remark_says_what_the_cost_means() -> None:
    assert words.remark(step(LANES * 8)) == "128 of the 1024 bytes moved are used"
    assert words.remark(step(LANES)) == "128 of the 128 bytes moved are used"
    assert words.remark(step(LANES, space=ts.SHARED)) == "no bank conflict"
    column = step(LANES * 32 + 5, space=ts.SHARED)
    assert words.remark(column) == "32-way conflict on bank 5"
