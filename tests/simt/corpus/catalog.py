"""Every entry of the corpus, collected from the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil

from tests.simt import corpus
from tests.simt.corpus import case, planted

_MODULES = tuple(
    importlib.import_module(f"{corpus.__name__}.{found.name}")
    for found in pkgutil.iter_modules(corpus.__path__)
    if found.name != "catalog"
)
RIGHT = case.entries(_MODULES)
BUGS = planted.entries(_MODULES)
