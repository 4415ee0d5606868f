"""The Makefile where a path has a space, as people's folders do."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("venv", "serve", "test", "prove", "check", "lab", "exercises", "gpu", "bench", "lock")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """Every command of every target, in words, as make would run them in ``a house``."""
    house = tmp_path_factory.mktemp("tmp") / "a house"
    house.mkdir()
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, house)
    outer = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-n", "STAGE=true", *TARGETS],  # even with -n, make runs what calls make
        cwd=house,
        env=outer,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return [
        shlex.split(line, comments=True) for line in lines if str(house) in line or "-m" in line
    ]


def test_a_folder_of_the_project_stays_one_word(commands: list[list[str]]) -> None:
    state = [word for words in commands for word in words if "PATHS_STATE=" in word]
    assert state
    assert {word.partition("a house")[2] for word in state} == {"/_build/test-state"}


def test_programs_are_called_as_modules_since_scripts_break_at_a_space() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\(BIN\)/([\w-]+)", text)) == {"python"}


def test_make_test_runs_no_notebook_that_the_build_has_run(commands: list[list[str]]) -> None:
    asked = [words for words in commands if "--nbval-lax" in words]
    assert len(asked) == 1, "make prove alone runs nbval"
    assert "--full" not in asked[0]


def test_what_make_check_leaves_out_is_there_by_that_name(commands: list[list[str]]) -> None:
    left_out = [words[words.index("--deselect") + 1] for words in commands if "--deselect" in words]
    assert left_out
    for name in left_out:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8")
