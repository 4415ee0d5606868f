"""Every CUDA source compiles with nvcc, and needs what the record says it needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernels import nvcc
from tests.kernels.nvcc import PLANTED, RECORDED, STEPS, UPDATE, Compiled, Unit

pytestmark = pytest.mark.skipif(
    nvcc.NVCC is None, reason="nvcc is not on PATH: install the CUDA toolkit"
)
Results = dict[Unit, Compiled]


def each(units: tuple[Unit, ...]) -> list[Any]:
    """Parameters; the corpus takes more than a few seconds."""
    return [pytest.param(u, id=u.name, marks=() if u in STEPS else pytest.mark.slow) for u in units]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> Results:
    """The units of this run's tests, compiled together."""
    wanted = [
        item.callspec.params.get("unit")
        for item in request.session.items
        if item.module is request.module and hasattr(item, "callspec")
    ]
    return nvcc.compiled(dict.fromkeys(filter(None, wanted)))


@pytest.mark.parametrize("unit", each(RECORDED))
def test_the_source_compiles_without_spilling(unit: Unit, results: Results) -> None:
    result = results[unit]
    assert not result.failed, result.words
    assert result.needs, "no kernel in it was compiled"
    for kernel, needs in result.needs.items():
        assert set(needs) == {f"sm_{a}" for a in unit.architectures}, kernel
        assert {n["spilled"] for n in needs.values()} == {0}, (kernel, needs)


@pytest.mark.parametrize("unit", each(RECORDED))
def test_registers_and_shared_memory_are_as_recorded(unit: Unit, results: Results) -> None:
    release, files = nvcc.recorded()
    if nvcc.release() != release:
        pytest.skip(f"the record is nvcc {release}'s, this is {nvcc.release()}")
    old, new = files.get(unit.name, {}), results[unit].needs
    changes = [
        f"{kernel} on {architecture}: {what} was {was.get(what)}, is {now.get(what)}"
        for kernel in sorted({*old, *new})
        for architecture in sorted({*old.get(kernel, {}), *new.get(kernel, {})})
        for was in [old.get(kernel, {}).get(architecture, {})]
        for now in [new.get(kernel, {}).get(architecture, {})]
        for what in sorted({*was, *now})
        if was.get(what) != now.get(what)
    ]
    assert not changes, "\n".join([*changes, f"If that is meant: {UPDATE}"])


@pytest.mark.parametrize("unit", each(PLANTED))
def test_the_compiler_does_not_see_the_planted_bug(unit: Unit, results: Results) -> None:
    assert not results[unit].failed, results[unit].words


def test_the_record_is_of_the_sources_there_are() -> None:
    _, files = nvcc.recorded()
    assert set(files) == {unit.name for unit in RECORDED}, f"update it: {UPDATE}"
