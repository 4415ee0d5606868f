"""``python -m attention_scratch.bench``: every CPU benchmark, one process each, reports written."""

from __future__ import annotations

import subprocess
import sys

from attention_scratch.config import settings


def main() -> int:
    """Run ``benchmarks/*.py`` one after the other; the exit status counts failures."""
    scripts = sorted((settings().root / "benchmarks").glob("[a-z]*.py"))
    failed = [s.name for s in scripts if subprocess.run([sys.executable, str(s)]).returncode]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
