"""Where the code of a documented object stands in the repository, for ``sphinx.ext.linkcode``."""

from __future__ import annotations

import inspect
import operator
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from attention_scratch.config import settings


def source_link(domain: str, info: dict[str, str]) -> str | None:
    """The address of an object's first line; None for what has no source of its own."""
    module = sys.modules.get(info["module"])
    if domain != "py" or module is None:
        return None
    try:
        found = operator.attrgetter(info["fullname"])(module)
        file = inspect.getsourcefile(found)
        line = inspect.getsourcelines(found)[1]
    except (AttributeError, TypeError, ValueError, OSError):
        return None  # a value, an attribute only instances have, or a mocked decorator
    root = settings().root
    if file is None or not Path(file).resolve().is_relative_to(root):
        return None
    inside = Path(file).resolve().relative_to(root).as_posix()
    return f"{settings().book.repository}/blob/{settings().book.branch}/{inside}#L{line}"


def setup(app: Sphinx) -> None:
    """Hand the function to linkcode: a function cannot be written in ``_config.yml``."""
    app.connect("config-inited", _configure)


def _configure(_app: Sphinx, config: Config) -> None:
    config["linkcode_resolve"] = source_link
