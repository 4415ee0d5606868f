"""The floors of the package: a module imports only from floors below its own (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "attention_scratch"
FLOOR = {
    "errors": -1,
    "files": -1,
    "arrays": 0,
    "config": 0,
    "checkpoint": 1,
    "decoding": 1,
    "simt": 1,
    "viz": 1,
    "nn": 2,
    "models": 3,
    "kernels": 3,
    "tasks": 3,
    "demo": 4,
    "exercises": 4,
    "recipes": 4,
    "bench": 5,
    "doctor": 5,
    "cli": 6,
}
# Imported where used, so that the package works without them; errors name the extra.
OPTIONAL = {
    "torch",
    "transformers",
    "safetensors",
    "sklearn",
    "cupy",
    "IPython",
    "nbformat",
    "nvidia",
}
FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> list[tuple[str, int, bool]]:
    """(imported module, line, whether at module level) of every import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(name, node.lineno, id(node) in top) for name in names]
    return found


def test_every_module_has_a_floor() -> None:
    assert {module_of(path) for path in FILES} - {"__init__"} <= FLOOR.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = module_of(path)
    if own == "__init__":
        return
    for name, line, _ in imports(path):
        parts = name.split(".")
        if parts[0] != "attention_scratch" or len(parts) < 2 or parts[1] not in FLOOR:
            continue
        if parts[1] == own:
            continue
        below = FLOOR[parts[1]] < FLOOR[own]
        assert below, f"{path.name}:{line}: {own} (floor {FLOOR[own]}) imports {name}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {dotted(path) for path in FILES}
    needs = {}
    for path in FILES:
        found = {name if name in names else name.rpartition(".")[0] for name, _, _ in imports(path)}
        needs[dotted(path)] = (found & names) - {dotted(path)}
    list(graphlib.TopologicalSorter(needs).static_order())  # raises with the circle it finds


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_optional_packages_are_imported_where_used(path: Path) -> None:
    needs_torch_by_nature = (
        path.name in ("torch_model.py", "torch_twin.py") or module_of(path) == "recipes"
    )
    if needs_torch_by_nature:
        return
    for name, line, at_top in imports(path):
        assert not (at_top and name.split(".")[0] in OPTIONAL), f"{path.name}:{line}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_configuration_reads_the_environment(path: Path) -> None:
    others = module_of(path) == "doctor" or path.name == "blas.py"  # variables of other tools
    if module_of(path) == "config" or others:
        return
    text = path.read_text(encoding="utf-8")
    assert "os.environ" not in text
    assert "getenv" not in text
