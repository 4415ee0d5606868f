"""Families of tests: all of them with ``--full``, otherwise a few that meet every value.

``@pytest.mark.pairwise(form=FORMATS, name=NAMES, mode=MODES)`` makes a test of every combination
with ``--full``. Without it the combinations are as few as possible while every value of every axis
occurs with every value of every other axis.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

Row = tuple[Any, ...]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        help="every combination of the families' parameters, and what has passed already, too",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "pairwise(**axes): all pairs of values; all with --full")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for mark in list(metafunc.definition.iter_markers("pairwise")):
        rows = combinations(metafunc.config, *(list(values) for values in mark.kwargs.values()))
        _parametrize(metafunc, list(mark.kwargs), rows)


def _parametrize(metafunc: pytest.Metafunc, names: list[str], rows: list[Row]) -> None:
    # As a mark, so that pytest knows in time which fixtures' own parameters it replaces.
    ids = ["-".join(map(label, row)) for row in rows]
    metafunc.definition.add_marker(pytest.mark.parametrize(names, rows, ids=ids))


def combinations(config: pytest.Config, *axes: Sequence[Any]) -> list[Row]:
    """All combinations of values with ``--full``, otherwise those in which all pairs meet."""
    return list(itertools.product(*axes)) if config.getoption("--full") else all_pairs(axes)


def label(value: Any) -> str:
    """What a value is called in a test's name."""
    named = getattr(value, "name", None) or getattr(value, "__name__", None)
    return str(named or value)


def all_pairs(axes: Sequence[Sequence[Any]]) -> list[Row]:
    """Few combinations in which any two values of different axes occur together.

    Greedy and always the same: of the pairs not met yet the first is taken, and the other axes are
    set, one after the other, to the value that meets most of them.
    """
    numbers = [range(len(values)) for values in axes]
    if len(axes) < 2:
        return list(itertools.product(*axes))
    places = list(itertools.combinations(range(len(axes)), 2))
    missing = {((a, i), (b, j)): None for a, b in places for i in numbers[a] for j in numbers[b]}
    rows = []
    while missing:
        chosen = dict(next(iter(missing)))
        for axis in (a for a in range(len(axes)) if a not in chosen):
            known = list(chosen.items())
            chosen[axis] = max(
                numbers[axis],
                key=lambda v, axis=axis, known=known: sum(
                    tuple(sorted([(axis, v), other])) in missing for other in known
                ),
            )
        for pair in itertools.combinations(sorted(chosen.items()), 2):
            missing.pop(pair, None)
        rows.append(tuple(axes[axis][chosen[axis]] for axis in range(len(axes))))
    return rows
