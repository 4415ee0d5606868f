"""The verdict and the exit status, on whole machines."""

from __future__ import annotations

import time

import pytest

from attention_scratch.doctor import Finding, Report, Verdict, examine
from attention_scratch.doctor.commands import Ran, TookTooLongError
from tests.doctor.simulated import SimulatedMachine, checkpoint, without_gpu


def with_checkpoint(machine: SimulatedMachine) -> SimulatedMachine:
    machine.files |= checkpoint()
    return machine


def named(report: Report, name: str) -> Finding:
    return next(finding for finding in report.findings if finding.name == name)


def test_a_healthy_gpu_workstation_is_ready() -> None:
    report = examine(with_checkpoint(SimulatedMachine()))
    assert [f.name for f in report.findings if f.status != "ok"] == []
    assert report.verdict is Verdict.READY
    assert int(report.verdict) == 0


def test_a_laptop_is_ready_without_a_gpu() -> None:
    report = examine(with_checkpoint(without_gpu()))
    assert report.blockers == ()
    assert int(report.verdict) == 10


def test_no_compiler_is_not_ready_and_says_what_to_type() -> None:
    machine = with_checkpoint(without_gpu(absent=("g++",)))
    report = examine(machine)
    assert int(report.verdict) == 1
    assert report.headline == "Not ready. Missing: C++ compiler."
    assert named(report, "C++ compiler").remedy == "sudo apt-get install -y g++"


def test_a_missing_checkpoint_is_not_ready() -> None:
    report = examine(without_gpu())
    assert [f.name for f in report.blockers] == ["Checkpoint olmo2-tiny"]


def test_every_missing_thing_says_what_it_is_for_and_what_to_do() -> None:
    bare = SimulatedMachine(runs={}, answers={}, versions={}, files={}, variables={})
    report = examine(bare)
    missing = [f for f in report.findings if f.status == "missing"]
    assert len(missing) > 15
    assert [f.name for f in missing if not f.needed_for or not f.remedy] == []


def test_a_probe_that_raises_is_a_finding() -> None:
    class Broken(SimulatedMachine):
        def cores(self) -> None:  # type: ignore[override]
            raise ZeroDivisionError("no core at all")

    report = examine(with_checkpoint(Broken()))
    finding = named(report, "Processor")
    assert finding.status == "warning"
    assert "ZeroDivisionError: no core at all" in finding.value
    assert named(report, "Memory").status == "ok"


def test_a_gpu_probe_that_raises_leaves_the_gpu_unproved() -> None:
    machine = with_checkpoint(SimulatedMachine())
    machine.answers["cupy"] = KeyError("runtime")
    report = examine(machine)
    assert named(report, "CuPy").role == "gpu"
    assert named(report, "CuPy").status == "warning"
    assert report.verdict is Verdict.READY_WITHOUT_GPU


def test_a_probe_that_never_returns_does_not_hold_up_the_report() -> None:
    class Hanging(SimulatedMachine):
        def memory(self) -> None:  # type: ignore[override]
            time.sleep(60)

    start = time.monotonic()
    report = examine(with_checkpoint(Hanging()), limit=0.5)
    assert time.monotonic() - start < 10
    assert "no answer within 0.5 s" in named(report, "Memory").value


def test_a_hanging_nvidia_smi_is_a_warning_when_nvml_answers() -> None:
    machine = with_checkpoint(SimulatedMachine())
    machine.runs["nvidia-smi -q -x"] = TookTooLongError("nvidia-smi gave no answer within 10 s")
    report = examine(machine)
    assert named(report, "nvidia-smi").status == "warning"
    assert named(report, "GPU").status == "ok"
    assert report.verdict is Verdict.READY


@pytest.mark.parametrize("outcome", [Ran(1, "", "boom"), OSError("no such device")])
def test_a_command_that_fails_never_raises(outcome: Ran | Exception) -> None:
    machine = without_gpu()
    machine.runs = dict.fromkeys(machine.runs, outcome)
    report = examine(machine)
    assert named(report, "make").status == "warning"
