"""Runs every check, side by side, so that none can crash or hold up the report."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from datetime import UTC, datetime

from attention_scratch import __version__
from attention_scratch.config import settings
from attention_scratch.doctor.checks import SECTIONS
from attention_scratch.doctor.checks.check import Check
from attention_scratch.doctor.machine import Identity, Machine
from attention_scratch.doctor.report import Finding, Report, Section

LIMIT = 90.0  # seconds for all checks together; a command has 10, a question 60
REPORT_BUG = "Please open an issue with the output of: attention-scratch doctor --json"
SHORTEST_HOST = 3  # a shorter host name is too common a word to take out
PUBLIC_HOSTS = {"localhost", "docker", "python"}


def examine(machine: Machine | None = None, *, limit: float = LIMIT) -> Report:
    """Look at this machine (or at ``machine``) and report.

    Args:
        machine: what the checks look at; this computer and this checkout by default.
        limit: seconds after which checks that did not answer become findings that say so.
    """
    machine = machine or Machine(settings())
    found = _run_all([check for checks in SECTIONS.values() for check in checks], machine, limit)
    sections = tuple(
        Section(title, tuple(_private(f, machine.identity) for c in checks if (f := found[c.name])))
        for title, checks in SECTIONS.items()
    )
    return Report(datetime.now(UTC).isoformat(timespec="seconds"), __version__, sections)


def redact(text: str, identity: Identity) -> str:
    """Write ``~`` for the home folder, ``<user>`` and ``<host>`` for the names.

    The user's name is replaced where it is a part of a path or an address (``ada@``), since as a
    bare word it may mean something else; the host's as a whole word.
    """
    home = identity.home.rstrip("/\\")
    user, host = re.escape(identity.user), identity.host
    if len(home) > 1:
        text = re.sub(rf"(?<![\w.~/-]){re.escape(home)}(?=$|[^\w.-])", "~", text)
    if user:
        text = re.sub(rf"(?<=[/\\]){user}(?=$|[^\w.-])|\b{user}(?=@)", "<user>", text)
    if len(host) >= SHORTEST_HOST and host not in PUBLIC_HOSTS:
        text = re.sub(rf"(?<![\w-]){re.escape(host)}(?![\w-])", "<host>", text)
    return text


def _private(finding: Finding, identity: Identity) -> Finding:
    remedy = None if finding.remedy is None else redact(finding.remedy, identity)
    return dataclasses.replace(finding, value=redact(finding.value, identity), remedy=remedy)


def _run_all(checks: list[Check], machine: Machine, limit: float) -> dict[str, Finding | None]:
    """Each check on a thread of its own; a hung one is left behind, not waited for."""
    found: dict[str, Finding | None] = {}
    threads = [
        threading.Thread(target=_run, args=(check, machine, found), daemon=True) for check in checks
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = {check.name: _broken(check, f"no answer within {limit:g} s") for check in checks}
    return late | found


def _run(check: Check, machine: Machine, found: dict[str, Finding | None]) -> None:
    try:
        found[check.name] = check(machine)
    except Exception as error:  # a broken check is a finding
        found[check.name] = _broken(check, f"{type(error).__name__}: {error}")


def _broken(check: Check, why: str) -> Finding:
    value = f"could not be examined: {why}"
    return Finding(check.name, "warning", value, check.needed_for, REPORT_BUG, check.role)
