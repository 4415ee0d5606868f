"""Reports of this machine and of simulated ones."""

from __future__ import annotations

import pytest

from attention_scratch.doctor import Report, examine


@pytest.fixture(scope="session")
def this_machine() -> Report:
    """A real examination of the computer the tests run on."""
    return examine()
