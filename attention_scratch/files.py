"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, *parts: bytes | str) -> Path:
    """Replace ``path`` by a file of these parts, or leave it as it is, and return it.

    A crash leaves the old file or the new one, never half of one. The folder is made if missing;
    text is written as UTF-8 with the line ends it has.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part.encode() if isinstance(part, str) else part)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)  # mkstemp lets only the owner read it
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path
