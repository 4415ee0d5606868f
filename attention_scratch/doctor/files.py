"""Writes ``environment.md``, ``environment.html`` and ``environment.json``, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from attention_scratch.doctor.finding import Report
from attention_scratch.doctor.markdown import to_markdown
from attention_scratch.doctor.page import to_html
from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the three files into ``folder`` (made if missing) and return their paths.

    Each file is replaced in one step: a reader never sees half of one.

    Raises:
        InputError: ``folder`` is a file or cannot be written.
    """
    texts = {"md": to_markdown(report), "html": to_html(report), "json": report.to_json()}
    try:
        return tuple(
            write_atomically(folder / f"environment.{end}", text) for end, text in texts.items()
        )
    except OSError as error:
        raise InputError(
            "report",
            str(folder),
            expected="a folder that can be written",
            remedy=f"Choose another one. The system says: {error.strerror or error}.",
        ) from error
