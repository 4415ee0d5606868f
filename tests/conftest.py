"""Shared by all tests: markers that depend on the machine, and the checkpoint."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.already_passed import AlreadyPassed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["tests.balance", "tests.times", "tests.families", "pytester"]
ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# A first call may compile, import or wait for a busy core: time is no verdict on correctness.
# And the same examples in every run: what is red once stays red until it is mended.
# New ones: pytest --hypothesis-profile=explore
settings.register_profile("explore", deadline=None, derandomize=False)
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-browser",
        action="store_true",
        help="fail the run if a browser test was skipped (where Chromium is known to be there)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A run started in the background inherits this; tests of interrupts need Python's own.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(AlreadyPassed(config), "already-passed")
    if config.getoption("--require-browser") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_RequireBrowser(), "require-browser")


class _RequireBrowser:
    """Turns skipped browser tests, or none at all, into a failed run."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.skipped: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "browser" in report.keywords:
            if report.skipped:
                self.skipped.add(report.nodeid)
            elif report.when == "call":
                self.passed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        yield
        if self.skipped or not self.passed:
            print(
                f"\n--require-browser: {len(self.skipped)} browser tests were skipped, "
                f"{len(self.passed)} ran."
            )
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The trained model the book runs on."""
    return ROOT / "models" / "olmo2-tiny"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, the system's own."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("there is no Chromium: sudo apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()
