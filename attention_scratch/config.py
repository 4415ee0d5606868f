"""Typed settings from one ``config.yaml``; nothing else in the package reads the environment."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from attention_scratch.errors import InputError

ENV_PREFIX = "ATTENTION_SCRATCH"
BACKENDS = ("auto", "cupy", "simt")


@dataclasses.dataclass(frozen=True, slots=True)
class Paths:
    """Folders, absolute once loaded."""

    models: Path = Path("models")
    cuda: Path = Path("cuda")
    reports: Path = Path("reports")
    cache: Path = Path("~/.cache/attention-scratch")
    state: Path = Path(".attention-scratch")


@dataclasses.dataclass(frozen=True, slots=True)
class Kernels:
    """Where kernels run: ``auto`` takes CuPy where there is a GPU, else the emulator."""

    backend: str = "auto"


@dataclasses.dataclass(frozen=True, slots=True)
class Simt:
    """The CPU emulator: compiler command (``auto`` searches) and seconds per launch."""

    compiler: str = "auto"
    time_limit: float = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Exercises:
    """Seconds one case of an exercise may take."""

    time_limit: float = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Book:
    """Addresses the site links to."""

    repository: str = "https://github.com/attention-scratch/attention-scratch"
    branch: str = "main"
    url: str = "https://attention-scratch.github.io/attention-scratch"


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """All settings; ``root`` is the folder of ``config.yaml`` (the repository)."""

    root: Path
    paths: Paths = Paths()
    kernels: Kernels = Kernels()
    simt: Simt = Simt()
    exercises: Exercises = Exercises()
    book: Book = Book()


def load_settings(file: Path, environment: Mapping[str, str]) -> Settings:
    """Read ``file`` (defaults where it is absent), then apply ``environment``.

    Raises:
        InputError: unknown section or key, or a value of the wrong type.
    """
    root = file.parent.resolve()
    raw = _read_yaml(file) if file.is_file() else {}
    section_types = {n: t for n, t in get_type_hints(Settings).items() if n != "root"}
    _refuse_unknown(raw, section_types, str(file))
    sections = {
        name: _section(kind, name, raw.get(name) or {}, environment, root=root)
        for name, kind in section_types.items()
    }
    loaded = Settings(root=root, **sections)
    if loaded.kernels.backend not in BACKENDS:
        raise InputError(
            "kernels.backend",
            loaded.kernels.backend,
            expected=" or ".join(BACKENDS),
            remedy=f"Change it in {file} or in {ENV_PREFIX}_KERNELS_BACKEND.",
        )
    return loaded


@cache
def settings() -> Settings:
    """The settings of this checkout, read once."""
    root = Path(__file__).resolve().parent.parent
    return load_settings(root / "config.yaml", os.environ)


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise InputError(
            str(file), "text that is not YAML", expected="YAML", remedy=f"Mend it: {error}"
        ) from error
    if not isinstance(raw, dict):
        raise InputError(
            str(file), raw, expected="a mapping of sections", remedy="See the shipped config.yaml."
        )
    return raw


def _section(
    kind: type, name: str, raw: Mapping[str, Any], environment: Mapping[str, str], *, root: Path
) -> Any:
    hints = get_type_hints(kind)
    if not isinstance(raw, Mapping):
        raise InputError(
            name, raw, expected="a mapping of keys", remedy="See the shipped config.yaml."
        )
    _refuse_unknown(raw, hints, name)
    given = dict(raw)
    for key in hints:
        variable = f"{ENV_PREFIX}_{name}_{key}".upper()
        if variable in environment:
            given[key] = environment[variable]
    defaults = kind()
    values = {key: given.get(key, getattr(defaults, key)) for key in hints}
    return kind(**{k: _coerce(hints[k], f"{name}.{k}", v, root) for k, v in values.items()})


def _coerce(kind: type, field: str, value: Any, root: Path) -> Any:
    if kind is Path:
        return (root / Path(str(value)).expanduser()).resolve()
    if kind is float:
        return _positive_number(field, value)
    return str(value)


def _positive_number(field: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or not 0 < number < float("inf"):
        raise InputError(
            field, value, expected="a positive number", remedy="Change it in config.yaml."
        )
    return number


def _refuse_unknown(raw: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    for key in raw:
        if key not in known:
            raise InputError(
                f"{where}: key",
                key,
                expected=f"one of {', '.join(known)}",
                remedy="Remove it or mend its spelling.",
            )
