"""Runs every probe, side by side, so that none can crash or hold up the report."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from attention_scratch import __version__
from attention_scratch.config import Settings, settings
from attention_scratch.doctor.finding import Finding, Report, Role, Section
from attention_scratch.doctor.local import LocalMachine
from attention_scratch.doctor.machine import Machine
from attention_scratch.doctor.once import Once
from attention_scratch.doctor.probes import Probe, cuda, gpu, models, packages, system, tools
from attention_scratch.doctor.redact import redactor

LIMIT = 90.0  # seconds for all probes together; a command has 10, a question 60
REPORT_BUG = "Please open an issue with the output of: attention-scratch doctor --json"


@dataclasses.dataclass(frozen=True, slots=True)
class Named:
    """A probe and the name under which its failure is reported."""

    name: str
    probe: Probe
    role: Role = "optional"


def examine(
    machine: Machine | None = None, *, where: Settings | None = None, limit: float = LIMIT
) -> Report:
    """Look at this machine (or at ``machine``) and report.

    Args:
        machine: what the probes look at; this computer by default.
        where: settings that name the folders and the compiler; this checkout's by default.
        limit: seconds after which probes that did not answer become findings that say so.
    """
    where = where or settings()
    machine = machine or LocalMachine(where.root)
    plan = probes(where)
    outcomes = _run_all([named for group in plan.values() for named in group], machine, limit)
    redact = redactor(machine.identity)
    sections = tuple(
        Section(title, tuple(f.rewritten(redact) for named in group for f in outcomes[named.name]))
        for title, group in plan.items()
    )
    return Report(datetime.now(UTC).isoformat(timespec="seconds"), __version__, sections)


def probes(where: Settings) -> dict[str, tuple[Named, ...]]:
    """Every probe, by the section it reports in."""
    disk = partial(system.disk, repository=where.root, cache=where.paths.cache)
    compiler = partial(tools.compiler, command=where.simt.compiler)
    checkpoint = partial(models.checkpoint, models=where.paths.models)
    return {
        "Computer": (
            Named("Operating system", system.operating_system, "required"),
            Named("Processor", system.processor),
            Named("Memory", system.memory),
            Named("Disk", disk, "required"),
        ),
        "Python": (
            Named("Python", system.python, "required"),
            Named("NumPy and BLAS", packages.blas, "required"),
            Named("Thread limits", system.threads),
            Named("torch", packages.torch, "required"),
            Named("Packages", packages.stack, "required"),
        ),
        "Tools": (
            Named("C++ compiler", compiler, "required"),
            Named("make", tools.make, "required"),
            Named("git", tools.git),
            Named("Chromium", tools.chromium),
            Named("Docker", tools.docker),
        ),
        "Models": (
            Named("Checkpoint", checkpoint, "required"),
            Named("Hugging Face cache", models.hub_cache),
        ),
        "GPU": (
            Named("GPU", gpu.gpu, "gpu"),
            Named("CUDA of the driver", gpu.driver_cuda, "gpu"),
            Named("Driver", gpu.driver_views),
            Named("CuPy", cuda.cupy, "gpu"),
            Named("CUDA toolkit", cuda.toolkit, "gpu"),
            Named("cuDNN and NCCL", cuda.libraries),
        ),
    }


def _run_all(plan: list[Named], machine: Machine, limit: float) -> dict[str, tuple[Finding, ...]]:
    """Each probe on a thread of its own; a hung one is left behind, not waited for."""
    shared = Once(machine)
    outcomes: dict[str, tuple[Finding, ...]] = {}
    threads = [_start(partial(_run, named, shared, outcomes)) for named in plan]
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    answered = dict(outcomes)
    for named in plan:
        answered.setdefault(named.name, (_broken(named, f"no answer within {limit:g} s"),))
    return answered


def _run(named: Named, machine: Machine, into: dict[str, tuple[Finding, ...]]) -> None:
    try:
        into[named.name] = named.probe(machine)
    except Exception as error:  # a broken probe is a finding
        into[named.name] = (_broken(named, f"{type(error).__name__}: {error}"),)


def _broken(named: Named, why: str) -> Finding:
    value = f"could not be examined: {why}"
    needed_for = "knowing whether this part of the machine is ready"
    return Finding(named.name, "warning", value, needed_for, remedy=REPORT_BUG, role=named.role)


def _start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
