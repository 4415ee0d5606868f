"""A drawn family meets every value and every pair of values; with --full it is the whole family."""

from __future__ import annotations

import itertools

import pytest

from tests.families import all_pairs

DRAWN = """
import pytest

@pytest.mark.pairwise(a=["x", "y", "z"], b=range(4), c=[True, False], d=[len, max])
def test_product(a, b, c, d): pass
"""


@pytest.mark.parametrize("sizes", [(2, 6, 5), (3, 4, 2, 2), (7, 1, 3), (4, 3), (5, 5, 5, 5)])
def test_every_two_values_occur_together_in_few_rows(sizes: tuple[int, ...]) -> None:
    axes = [[f"{axis}{i}" for i in range(size)] for axis, size in enumerate(sizes)]
    rows = all_pairs(axes)
    for (a, one), (b, other) in itertools.combinations(enumerate(axes), 2):
        assert {(row[a], row[b]) for row in rows} == set(itertools.product(one, other))
    least = sorted(sizes)[-1] * sorted(sizes)[-2]
    assert least <= len(rows) <= 2 * least
    assert rows == all_pairs(axes)
    assert len(set(rows)) == len(rows)


def test_one_axis_is_taken_whole() -> None:
    assert all_pairs([[1, 2, 3]]) == [(1,), (2,), (3,)]


def test_the_mark_draws_and_full_takes_all(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest("pytest_plugins = ['tests.families']")
    pytester.makepyfile(DRAWN)
    drawn = pytester.runpytest_inprocess("--collect-only", "-q")
    drawn.stdout.fnmatch_lines(["*::test_product?x-0-True-len?"])
    assert 12 <= drawn.parseoutcomes()["tests"] <= 24
    assert pytester.runpytest_inprocess("--full").parseoutcomes() == {"passed": 48}
