"""Tests to workers: a file stays with one worker, whose fixtures it shares; pages come last.

A look at a page needs the worker's browser and nothing of its neighbors: pages are handed out one
at a time, after all else, so that every core is busy to the end. Few tests that take long come
first.
"""

from __future__ import annotations

from typing import Any

import pytest

PAGES = "tests/book/test_site_browser.py"
LONG = ("tests/kernels/test_nvcc.py", "tests/simt/test_sanitizer.py", "tests/simt/test_wmma.py")


def unit(nodeid: str) -> str:
    """What goes to a worker as one: a file, or a page of the site."""
    file, _, _ = nodeid.partition("::")
    return nodeid if file == PAGES and nodeid.endswith("]") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of ``--dist loadfile``, with pages as units of their own."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Balanced(LoadFileScheduling):
        """Larger units first: a page is the smallest."""

        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

        def schedule(self) -> None:
            super().schedule()
            for file in reversed(LONG):
                if file in self.workqueue:
                    self.workqueue.move_to_end(file, last=False)

    return Balanced(config, log)
