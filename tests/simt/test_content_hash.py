"""What was compiled is found again only where everything that decides its machine code is alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from attention_scratch.simt.compile import toolchain
from attention_scratch.simt.compile.toolchain import Commands, Compiler, content_hash

COMMANDS = Commands(("-O2", "-I", str(toolchain.HEADERS)), ("-lm",), text="int x;")
OTHERS = [
    (dataclasses.replace(COMMANDS, flags=("-O1", *COMMANDS.flags[1:])), ("header",)),
    (dataclasses.replace(COMMANDS, link=()), ("header",)),
    (dataclasses.replace(COMMANDS, text="int y;"), ("header",)),
    (COMMANDS, ("another header",)),
    (COMMANDS, ("header", "one more")),
]


@pytest.mark.parametrize(("commands", "read"), OTHERS)
def test_a_change_of_any_ingredient_changes_the_hash(
    commands: Commands, read: tuple[str, ...]
) -> None:
    assert content_hash(commands, *read) != content_hash(COMMANDS, "header")


def test_another_version_of_the_compiler_changes_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = toolchain.compiler()
    newer = Compiler(tool.command, f"{tool.version}.1", tool.is_clang)
    before = content_hash(COMMANDS, "header")
    monkeypatch.setattr(toolchain, "compiler", lambda: newer)
    assert content_hash(COMMANDS, "header") != before


def test_the_place_of_the_checkout_does_not_change_the_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = content_hash(COMMANDS, "header")
    monkeypatch.setattr(toolchain, "RUNTIME", tmp_path)
    moved = dataclasses.replace(COMMANDS, flags=("-O2", "-I", str(tmp_path / "include")))
    assert content_hash(moved, "header") == before


def test_every_header_of_the_emulator_is_read() -> None:
    headers = {path for path in toolchain.HEADERS.rglob("*") if path.is_file()}
    found = toolchain.texts(toolchain.HEADERS)
    assert len(found) == len(headers)
    assert all(any(path.read_text(encoding="utf-8") in text for text in found) for path in headers)
