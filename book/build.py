"""Build the book's site, and serve it: what ``make book`` and ``make serve`` call.

    python book/build.py                  build into _build/html
    python book/build.py --serve          build, then serve it on this machine
    python book/build.py --serve --port 8000

Notebooks are executed side by side, in kernels of their own, before Sphinx reads them; what has
not changed since comes from the cache. The cache knows a notebook's own code only, so a key over
everything else its outputs depend on is kept beside it, and the cache is dropped when that changes.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import server
import stale

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
HTML = BUILD / "html"
MAX_PORT = 65535
ANSI = re.compile(r"\x1b\[[0-9;]*m")
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
# jsonschema compiles this package's grammars on import, for seconds, to check formats that no
# notebook has; as "not installed" it goes without.
SLOW_IMPORT = "rfc3987_syntax"


class BuildError(Exception):
    """The site cannot be built; the text says which page is at fault."""


def main(arguments: list[str] | None = None) -> int:
    """Build, and serve if asked to; the exit status is 1 when the site could not be built."""
    options = _parse(arguments)
    try:
        build()
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    if options.serve:
        return server.serve_until_interrupted(HTML, options.port)
    return 0


def build(root: Path = ROOT) -> Path:
    """Bring ``_build/html`` up to date and return it.

    Raises:
        BuildError: a notebook failed, a page warned, or a file the site needs is missing.
    """
    started = time.perf_counter()
    html = root / "_build" / "html"
    pages = _pages(root)
    with _one_at_a_time(root / "_build"):
        if stale.is_current(root):
            print(f"Book: nothing changed → {html / 'index.html'}")
            return html
        os.environ.update(_environment(root / "_build"))
        keys = stale.drop_outdated(root)
        _execute(root, pages)
        _render(root)
        stale.remember(root, keys)
    written = sum(1 for _ in html.rglob("*.html"))
    print(f"Book: {written} pages in {time.perf_counter() - started:.1f} s → {html / 'index.html'}")
    return html


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="book/build.py", description="Build the book's site.")
    parser.add_argument("--serve", action="store_true", help="serve the site on this machine")
    parser.add_argument("--port", type=_port, default=8000, help="port to serve on (8000)")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"got {text}; expected a whole number, 0 to {MAX_PORT}")
    return int(text)


def _environment(scratch: Path) -> dict[str, str]:
    """What kernels and Sphinx run with: the reader's progress and start-up files stay untouched."""
    return {
        "ATTENTION_SCRATCH_PATHS_STATE": str(scratch / "state"),
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not another of that name
        "OMP_NUM_THREADS": "1",  # two notebooks at once share the cores
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
    }


def _pages(root: Path) -> list[Path]:
    try:
        return stale.pages(root)
    except FileNotFoundError as error:
        raise BuildError(str(error)) from error


def _execute(root: Path, pages: list[Path]) -> None:
    sys.modules.setdefault(SLOW_IMPORT, None)  # type: ignore[arg-type]
    import execution  # heavy, and not needed when nothing changed

    failures = execution.execute_notebooks(root, pages=pages, say=_say)
    if failures:
        report = "\n\n".join(f"{path} failed:\n{trace}" for path, trace in failures.items())
        names = ", ".join(str(path) for path in failures)
        raise BuildError(f"{report}\n\nThe book was not built: {names} failed (see above).")


def _render(root: Path) -> None:
    program = f"import sys; sys.modules.setdefault({SLOW_IMPORT!r}, None); {JUPYTER_BOOK}"
    command = [sys.executable, "-c", program, "build", str(root), "-W", "--keep-going", "-q"]
    done = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
    if done.returncode:
        raise BuildError(f"{_complaints(done)}\n\nThe book was not built: see the warnings above.")


def _complaints(done: subprocess.CompletedProcess[str]) -> str:
    lines = ANSI.sub("", done.stdout + done.stderr).splitlines()
    telling = [n for n, line in enumerate(lines) if re.search(r"WARNING|ERROR|[Ee]rror", line)]
    return "\n".join(lines[telling[0] :][:60] if telling else lines[-40:])


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let a second build of the same folder wait for the first."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(message: str) -> None:
    print(message, flush=True)


if __name__ == "__main__":
    sys.exit(main())
