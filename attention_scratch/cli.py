"""``attention-scratch …``: one thin function per command."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _root() -> None:
    """From a NumPy softmax to a serving engine on CUDA kernels you wrote."""


def main() -> None:
    """Entry point of the ``attention-scratch`` command."""
    app()
