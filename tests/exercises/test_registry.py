"""The list of exercises."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from attention_scratch.errors import InputError
from attention_scratch.exercises import check, hint, register, registry
from tests.exercises.tiny import exercise


def test_a_registered_exercise_is_found_by_its_id() -> None:
    made = register(exercise(abs, 1.0))
    assert registry.get("99.tiny") is made
    assert made in registry.all_exercises()


@pytest.mark.parametrize("bad", ["99.tinny", "77.none", "softmax", None, 3, ""])
def test_an_unknown_id_is_one_clear_error(bad: Any) -> None:
    register(exercise(abs, 1.0))
    with pytest.raises(InputError, match=r"exercise id: .*progress\(\) lists them all"):
        check(bad, abs)
    with pytest.raises(InputError, match="exercise id"):
        hint(bad)


def test_an_unknown_id_names_those_of_its_chapter() -> None:
    register(exercise(abs, 1.0))
    with pytest.raises(InputError, match=r"99\.tiny"):
        registry.get("99.tinny")


def test_importing_the_facade_imports_no_chapter() -> None:
    code = (
        "import sys, attention_scratch.exercises as e\n"
        "assert not [m for m in sys.modules if m.startswith('exercises_')]\n"
        "assert 'IPython' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_exercises_come_in_the_order_of_chapters() -> None:
    register(exercise(abs, 1.0, id="98.later"))
    register(exercise(abs, 1.0, id="00.earlier"))
    ids = [e.id for e in registry.all_exercises()]
    assert ids.index("00.earlier") < ids.index("98.later")
    assert [i[:2] for i in ids] == sorted(i[:2] for i in ids)
