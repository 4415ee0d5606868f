"""The emulator's rooms: each imports only from those before it, and what all share from no room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import attention_scratch.simt

PACKAGE = "attention_scratch.simt"
FOLDER = Path(attention_scratch.simt.__file__).parent
ROOMS = ("runtime", "compile", "report", "launch")
FILES = sorted(path for path in FOLDER.rglob("*.py") if path != FOLDER / "__init__.py")


def place(name: str) -> int:
    """How far up a module of the emulator stands: 0 for what stands before the rooms."""
    return ROOMS.index(name) + 1 if name in ROOMS else 0


def imported(path: Path) -> set[str]:
    """The emulator's modules and rooms that a file names in its imports, without the prefix."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    inside = (name for name in found if name.startswith(f"{PACKAGE}."))
    return {name.removeprefix(f"{PACKAGE}.") for name in inside}


def test_the_emulator_has_four_rooms() -> None:
    rooms = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_a_room_imports_only_from_those_before_it(path: Path) -> None:
    room = path.relative_to(FOLDER).parts[0]
    for name in imported(path):
        other = name.split(".")[0]
        assert other == room or place(other) < max(1, place(room)), f"{path.name} imports {name}"
