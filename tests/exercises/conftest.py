"""State goes to a folder of the test; exercises registered by a test are forgotten after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from attention_scratch.exercises import registry, state


@pytest.fixture(autouse=True)
def state_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "state" / "progress.json"
    monkeypatch.setattr(state, "path", lambda: file)
    monkeypatch.setattr(state, "_unsaved", {})
    return file


@pytest.fixture(autouse=True)
def _registry_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "EXERCISES", dict(registry.EXERCISES))
