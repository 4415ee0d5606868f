"""The pages of ``_toc.yml`` as test parameters."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

import stale  # noqa: E402

BY_DOCNAME = {path.with_suffix("").as_posix(): path for path in stale.pages(ROOT)}
DOCNAMES = list(BY_DOCNAME)


def _has_code(path: Path) -> bool:
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return any(cell["cell_type"] == "code" for cell in json.loads(text)["cells"])
    return "{code-cell}" in text


NOTEBOOKS = [docname for docname, path in BY_DOCNAME.items() if _has_code(path)]
