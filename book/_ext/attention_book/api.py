"""A directive that documents a package from its face, and lists the modules behind it.

A name is documented where a reader imports it from: in the package whose ``__all__`` has it, or in
its own module where the package exports nothing. Sources are read, not imported.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from attention_scratch.config import settings


@dataclasses.dataclass(frozen=True, slots=True)
class Module:
    """A module or package as its source describes it; ``file`` is relative to the repository."""

    name: str
    file: Path
    summary: str
    has_face: bool
    is_package: bool


class PackageApi(SphinxDirective):
    """``{package-api} attention_scratch.nn``: its public names, then its modules in a line each."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {}

    def run(self) -> list[nodes.Node]:
        """Parse generated headings, ``automodule`` directives and a list."""
        modules = list(modules_of(self.arguments[0], settings().root))
        for module in modules:
            self.env.note_dependency(str(settings().root / module.file))
        lines = "\n".join(_text(modules)).splitlines()
        section = nodes.section()
        section.document = self.state.document
        source = self.get_source_info()[0]
        self.state.nested_parse(
            StringList(lines, source=source), self.content_offset, section, match_titles=True
        )
        return list(section.children)


def modules_of(name: str, root: Path) -> Iterator[Module]:
    """The module or package ``name``, then all that is public inside it.

    Raises:
        FileNotFoundError: there is no such module under ``root``.
    """
    path = root.joinpath(*name.split("."))
    if not path.is_dir():
        yield _read(name, path.with_suffix(".py"), root)
        return
    yield _read(name, path / "__init__.py", root)
    for inner in sorted(path.iterdir()):
        is_module = inner.suffix == ".py" or (inner / "__init__.py").is_file()
        if is_module and not inner.name.startswith("_"):
            yield from modules_of(f"{name}.{inner.stem}", root)


def _read(name: str, file: Path, root: Path) -> Module:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    return Module(
        name=name,
        file=file.relative_to(root),
        summary=(ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " "),
        has_face=any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets),
        is_package=file.name == "__init__.py",
    )


def _text(modules: list[Module]) -> Iterator[str]:
    package, inside = modules[0], modules[1:]
    yield f"## `{package.name}`\n\n{_automodule(package.name)}"
    documented = [] if package.has_face else [m for m in inside if not m.is_package]
    for module in documented:
        yield f"### `{module.name}`\n\n{_automodule(module.name)}"
    behind = [module for module in inside if module not in documented and not module.is_package]
    if behind:
        yield "**Behind it**\n\n{.behind}"
    for module in behind:
        address = f"{settings().book.repository}/blob/{settings().book.branch}/{module.file}"
        short = module.name.removeprefix(f"{package.name}.")
        yield f"- [`{short}`]({address}) {module.summary.replace('``', '`')}"


def _automodule(name: str) -> str:
    return f"```{{eval-rst}}\n.. automodule:: {name}\n```\n"


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("package-api", PackageApi)
