"""One config.json file, typed, with overrides from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from attention_scratch.config import Settings, load_settings, settings
from attention_scratch.errors import InputError


def test_shipped_file_states_the_defaults() -> None:
    root = settings().root
    assert load_settings(root / "config.yaml", {}) == load_settings(root / "absent.yaml", {})


def test_paths_are_absolute_and_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("paths: {models: weights, cache: ~/somewhere}")
    loaded = load_settings(tmp_path / "config.yaml", {})
    assert loaded.paths.models == tmp_path / "weights"
    assert loaded.paths.cache == Path.home() / "somewhere"


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("kernels: {backend: cupy}\nsimt: {time_limit: 5}")
    environment = {
        "ATTENTION_SCRATCH_KERNELS_BACKEND": "simt",
        "ATTENTION_SCRATCH_SIMT_TIME_LIMIT": "2.5",
    }
    loaded = load_settings(tmp_path / "config.yaml", environment)
    assert (loaded.kernels.backend, loaded.simt.time_limit) == ("simt", 2.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kernels: {backend: cuda}", "kernels.backend: got cuda; expected auto or cupy or simt"),
        ("simt: {time_limit: -1}", "simt.time_limit: got -1; expected a positive number"),
        ("simt: {time_limit: true}", "simt.time_limit"),
        ("simt: {time_limit: soon}", "simt.time_limit: got soon"),
        ("paths: {modles: x}", "key: got modles; expected one of models"),
        ("pathes: {}", "got pathes"),
        ("paths: 3", "paths: got 3; expected a mapping"),
        ("- 1", "expected a mapping of sections"),
        ("paths: [", "not YAML"),
    ],
)
def test_bad_file_is_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_settings(tmp_path / "config.yaml", {})


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        settings().kernels = None  # type: ignore[misc, assignment]
    assert isinstance(settings(), Settings)
