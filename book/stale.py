"""What the built site depends on beyond its pages' own text, and what to drop when it changes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# Outputs of notebooks depend on these: when one changes, every notebook runs again.
RUN_BY = ("attention_scratch", "cuda", "models", "reports", "config.yaml", "requirements.txt")
# The look of pages depends on these: when one changes, every page is written again.
SHOWN_BY = ("_config.yml", "_toc.yml", "book/_ext", "book/_templates", "book/static")
HELPERS = ("book/*.py", "exercises/*/*.py")
# Read again by Sphinx itself when they change, as are the pages of the table of contents.
WRITTEN_IN = ("book", "exercises")
IGNORED = ("__pycache__", ".ipynb_checkpoints", "environment.json", "environment.md")
KEYS = Path("_build", "keys.json")


def pages(root: Path) -> list[Path]:
    """The source files of ``_toc.yml``, in reading order, relative to ``root``.

    Raises:
        FileNotFoundError: a page that ``_toc.yml`` names is not there.
    """
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [_source(root, name) for name in _names(toc)]


def is_current(root: Path) -> bool:
    """Whether the site stands and nothing it depends on has changed since it was built."""
    return (root / "_build" / "html" / "index.html").is_file() and _stored(root) == _keys(root)


def drop_outdated(root: Path) -> dict[str, str]:
    """Remove executed outputs or written pages that no longer follow from what they depend on.

    Returns:
        The keys to :func:`remember` once the site has been built, taken before it is: a file
        that changes meanwhile makes the next build start again.
    """
    then, now, build = _stored(root), _keys(root), root / "_build"
    (root / KEYS).unlink(missing_ok=True)  # a build that fails leaves no claim
    if then.get("run") != now["run"]:
        _remove(build / ".jupyter_cache", build / "state")
    if any(then.get(key) != now[key] for key in ("run", "shown")):
        _remove(build / "html", build / ".doctrees")
    return now


def remember(root: Path, keys: dict[str, str]) -> None:
    """Note what the site that now stands was built from."""
    (root / KEYS).write_text(json.dumps(keys, indent=1), encoding="utf-8")


def _keys(root: Path) -> dict[str, str]:
    run_by = [*_files(root, RUN_BY), *(p for rule in HELPERS for p in sorted(root.glob(rule)))]
    return {
        "run": _digest(root, run_by, salt=f"{sys.version} {_installed()}"),
        "shown": _digest(root, _files(root, SHOWN_BY)),
        "pages": _digest(root, [*(root / p for p in pages(root)), *_files(root, WRITTEN_IN)]),
    }


@cache
def _installed() -> list[str]:
    """Every package and its version: the lock says what should be there, this what is."""
    return sorted(f"{d.name} {d.version}" for d in importlib.metadata.distributions())


def _stored(root: Path) -> dict[str, str]:
    try:
        stored: dict[str, str] = json.loads((root / KEYS).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return stored


def _digest(root: Path, files: Iterable[Path], salt: str = "") -> str:
    digest = hashlib.sha256(salt.encode())
    for file in files:
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = root / name
        if path.is_file():
            yield path
        for inner in sorted(path.rglob("*")):
            if inner.is_file() and not any(part in IGNORED for part in inner.parts):
                yield inner


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _names(item)
    elif isinstance(node, dict):
        name = node.get("root", node.get("file"))
        if name:
            yield str(name)
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            yield from _names(node.get(key, []))


def _source(root: Path, name: str) -> Path:
    for suffix in ("", ".md", ".ipynb"):
        candidate = Path(f"{name}{suffix}")
        if (root / candidate).is_file():
            return candidate
    raise FileNotFoundError(f"_toc.yml names {name}, but there is no {name}.md or {name}.ipynb")


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
