"""What the doctor found, as values: findings, grouped in sections, with one verdict."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Literal, get_args

from attention_scratch.errors import InputError

SCHEMA = "attention-scratch/environment"
SCHEMA_VERSION = 1

Status = Literal["ok", "missing", "warning"]
Role = Literal["required", "gpu", "optional"]


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One line of a remedy: a command, or advice, which starts like a sentence."""

    text: str

    @property
    def is_command(self) -> bool:
        """Whether it can be typed as it is."""
        return not self.text[:1].isupper()


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check looked at.

    Attributes:
        name: what was looked at, e.g. ``"C++ compiler"``.
        status: ``ok``; ``warning`` (usable, but read this); ``missing`` (absent or unusable).
        value: what was found, in words.
        needed_for: what stops working without it.
        remedy: what to type, or None when there is nothing to mend; a line is a command, or
            advice if it is a sentence.
        role: ``required`` for the book and its tests, ``gpu`` for kernels on a GPU, ``optional``.
    """

    name: str
    status: Status
    value: str
    needed_for: str
    remedy: str | None = None
    role: Role = "optional"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The remedy, line by line; none where all is well."""
        lines = [] if self.status == "ok" else (self.remedy or "").splitlines()
        return tuple(Step(line) for line in lines)

    @property
    def kind(self) -> str:
        """The status, or ``absent`` for a missing thing that the book does without."""
        quiet = self.status == "missing" and self.role != "required"
        return "absent" if quiet else self.status


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """Findings that belong together, under one title."""

    title: str
    findings: tuple[Finding, ...]


class Verdict(IntEnum):
    """The exit status of ``attention-scratch doctor``."""

    READY = 0
    NOT_READY = 1
    READY_WITHOUT_GPU = 10

    @property
    def label(self) -> str:
        """The verdict as a word for programs: ``ready``, ``not-ready``, ``ready-without-gpu``."""
        return self.name.lower().replace("_", "-")


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """Everything the doctor knows about one machine at one moment (``created``, ISO 8601, UTC)."""

    created: str
    package_version: str
    sections: tuple[Section, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in order."""
        return tuple(finding for section in self.sections for finding in section.findings)

    @property
    def verdict(self) -> Verdict:
        """Not ready if a required thing is missing; ready if all a GPU needs is ``ok`` too."""
        if self.blockers:
            return Verdict.NOT_READY
        gpu = [f.status for f in self.findings if f.role == "gpu"]
        return Verdict.READY if gpu and set(gpu) == {"ok"} else Verdict.READY_WITHOUT_GPU

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """Required findings that are missing."""
        return tuple(f for f in self.findings if f.role == "required" and f.status == "missing")

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        if self.blockers:
            return f"Not ready. Missing: {', '.join(f.name for f in self.blockers)}."
        if self.verdict is Verdict.READY:
            return "Ready, GPU included: kernels run on the GPU."
        return "Ready without a GPU: the whole book runs, and kernels run on the CPU emulator."

    def to_json(self) -> str:
        """The report as JSON text, schema ``SCHEMA`` version ``SCHEMA_VERSION``."""
        document = {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "created": self.created,
            "package_version": self.package_version,
            "verdict": {
                "status": self.verdict.label,
                "exit_status": int(self.verdict),
                "headline": self.headline,
            },
            "sections": [dataclasses.asdict(section) for section in self.sections],
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what ``to_json`` wrote.

        Raises:
            InputError: not JSON, another schema or version, or a field that does not belong.
        """
        document = _checked(text)
        try:
            sections = tuple(_section(raw) for raw in document["sections"])
            return cls(document["created"], document["package_version"], sections)
        except (KeyError, TypeError) as error:
            raise _unreadable(f"a document without its parts ({error})") from error


def _checked(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _unreadable(f"text that is not JSON ({error})") from error
    document = document if isinstance(document, dict) else {}
    given, version = document.get("schema"), document.get("schema_version")
    if (given, version) != (SCHEMA, SCHEMA_VERSION):
        raise _unreadable(f"schema {given!r} version {version!r}")
    return document


def _section(raw: Mapping[str, Any]) -> Section:
    findings = tuple(Finding(**finding) for finding in raw["findings"])
    for finding in findings:
        if finding.status not in get_args(Status) or finding.role not in get_args(Role):
            raise _unreadable(f"finding {finding.name!r} with status {finding.status!r}")
    return Section(raw["title"], findings)


def _unreadable(given: str) -> InputError:
    return InputError(
        "environment report",
        given,
        expected=f"schema {SCHEMA!r} version {SCHEMA_VERSION}",
        remedy="Write it again: attention-scratch doctor --report.",
    )
