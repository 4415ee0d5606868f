"""Mutants are loaded from files by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.exercises.mutants import all_mutants, load_mutants

FILE = """
from attention_scratch.exercises import mutant

@mutant("99.tiny", diagnosis="sign")
def forgot_the_sign(x):
    return -x

SOURCE = "void f() {}"
mutant("99.kernel", diagnosis="no-guard")(SOURCE)
mutant("99.kernel", diagnosis="raised", name="does_not_compile")("void {")
"""


def test_functions_and_source_text_are_loaded_with_their_names(tmp_path: Path) -> None:
    file = tmp_path / "ch99.py"
    file.write_text(FILE)
    found = load_mutants(file)
    assert [str(m) for m in found] == [
        "99.tiny/forgot_the_sign",
        "99.kernel/SOURCE",
        "99.kernel/does_not_compile",
    ]
    assert [m.diagnosis for m in found] == ["sign", "no-guard", "raised"]
    assert found[0].answer(3) == -3
    assert found[1].answer == "void f() {}"


def test_loading_again_gives_the_same_and_not_twice_as_many(tmp_path: Path) -> None:
    file = tmp_path / "ch99.py"
    file.write_text(FILE)
    assert len(load_mutants(file)) == len(load_mutants(file)) == 3


def test_two_mutants_of_one_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "ch99.py"
    file.write_text(
        "from attention_scratch.exercises import mutant\n"
        "for d in ('sign', 'factor'):\n"
        "    mutant('99.tiny', diagnosis=d, name='same')(abs)\n"
    )
    with pytest.raises(InputError, match=r"99\.tiny/same"):
        load_mutants(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"ch98\.py"):
        load_mutants(tmp_path / "ch98.py")


def test_all_mutants_come_from_the_chapters_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "exercises" / "mutants"
    folder.mkdir(parents=True)
    (folder / "ch99.py").write_text(FILE)
    (folder / "helpers.py").write_text("raise SystemError")
    assert len(all_mutants(tmp_path)) == 3
