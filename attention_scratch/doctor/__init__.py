"""What this machine has, what is missing, and what to type.

``examine()`` returns a ``Report``; ``main()`` is the command ``attention-scratch doctor``.

Exit status:
    0   ready, GPU included: the book runs, and kernels run on a GPU
    10  ready without a GPU: the book runs, and kernels run on the CPU emulator
    1   not ready: something the book or its tests need is missing
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from attention_scratch.doctor.examine import examine
from attention_scratch.doctor.render import show, write
from attention_scratch.doctor.report import Finding, Report, Section, Verdict

__all__ = ["Finding", "Report", "Section", "Verdict", "examine", "main"]


def main(json_output: bool = False, report: Path | None = None) -> int:
    """Say what this machine has, what is missing, and what to type.

    Exit status: 0 ready, GPU included; 10 ready without a GPU; 1 not ready.

    Args:
        json_output: print the report as JSON and nothing else on standard output.
        report: a folder in which to write environment.md, environment.html and environment.json.

    Raises:
        InputError: ``report`` is not a folder that can be written.
    """
    found = examine()
    if json_output:
        sys.stdout.write(found.to_json())
    else:
        show(found, Console())
    for path in write(found, report) if report else ():
        Console(stderr=True).print(f"Wrote {path}", highlight=False, soft_wrap=True)
    return int(found.verdict)
