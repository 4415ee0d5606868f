"""Python packages: NumPy and its BLAS, torch against the driver, the book's stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.driver import View, best_view, dotted, parse_version
from attention_scratch.doctor.finding import Finding, Role, Status
from attention_scratch.doctor.machine import Machine, ProbeError
from attention_scratch.doctor.probes.gpu import BRANCH
from attention_scratch.doctor.variables import BLAS

# distribution: (extra of pyproject.toml, what it is needed for)
STACK = {
    "transformers": ("torch", "comparing our OLMo 2 with Hugging Face's"),
    "tokenizers": ("torch", "reading the checkpoints' tokenizer.json"),
    "jupyter-book": ("book", "building the book: make book, make serve"),
    "jupyterlab": ("book", "working on the exercises: make lab"),
    "ipywidgets": ("book", "interactive figures in notebooks"),
    "nbval": ("dev", "running every notebook as a test: make test"),
}


def blas(machine: Machine) -> tuple[Finding, ...]:
    """NumPy, the BLAS behind its matrix products, and the processor core that BLAS serves."""
    needed_for = "every chapter: matrix products are almost all of its time"
    try:
        answer = machine.ask("numpy")
    except ProbeError as error:
        remedy = remedies.pip(machine, "--force-reinstall", "numpy>=2.1")
        return (_numpy("missing", f"cannot be imported: {error}", needed_for, remedy),)
    value = f"NumPy {answer['version']} on {answer['blas']} {answer['blas_version']}"
    if "core" in answer:
        threads = "1 thread" if answer["threads"] == 1 else f"{answer['threads']} threads"
        value += f", {answer['core']} kernels, {threads}"
    pinned = machine.variables.get(BLAS[0])
    if pinned is None:
        return (_numpy("ok", value, needed_for),)
    value += f" ({BLAS[0]}={pinned} overrides what the processor can do)"
    return (_numpy("warning", value, needed_for, f"unset {BLAS[0]}"),)


def torch(machine: Machine) -> tuple[Finding, ...]:
    """torch, and its CUDA build against the driver."""
    installed = machine.version("torch")
    if installed is None:
        return (_torch("missing", "not installed", remedies.extra(machine, "torch")),)
    try:
        answer = machine.ask("torch")
    except ProbeError as error:
        again = _reinstall(machine, installed)
        return (_torch("missing", f"cannot be imported: {error}", again),)
    return (_torch_against_driver(machine, answer, best_view(machine)),)


def stack(machine: Machine) -> tuple[Finding, ...]:
    """Transformers, tokenizers and the Jupyter packages: installed, and in which version."""
    findings = []
    for distribution, (extra, needed_for) in STACK.items():
        version = machine.version(distribution)
        role: Role = "optional" if extra == "dev" else "required"
        remedy = None if version else remedies.extra(machine, extra)
        status: Status = "ok" if version else "missing"
        value = version or "not installed"
        findings.append(Finding(distribution, status, value, needed_for, remedy=remedy, role=role))
    return tuple(findings)


def _torch_against_driver(
    machine: Machine, answer: Mapping[str, Any], view: View | None
) -> Finding:
    version, built_for = answer["version"], answer["cuda"]
    has_gpu = view is not None and bool(view.devices)
    if built_for is None:
        value = f"{version}, built for the CPU"
        if not has_gpu:
            return _torch("ok", value)
        remedy = _reinstall(machine, version)
        return _torch("warning", f"{value}: it will not use the GPU", remedy)
    value = f"{version}, built for CUDA {built_for}"
    if view and view.cuda and parse_version(built_for)[0] > view.cuda[0]:
        value += f", but the driver supports only CUDA {dotted(view.cuda)}: no GPU in torch"
        return _torch("warning", value, remedies.driver(machine, BRANCH))
    if has_gpu and not answer["usable"]:
        value += ", but torch.cuda.is_available() is False"
        return _torch("warning", value, _reinstall(machine, version))
    return _torch("ok", value + (", uses the GPU" if answer["usable"] else ""))


def _reinstall(machine: Machine, version: str) -> str:
    """Take torch out first: pip holds ``2.13.0+cpu`` to satisfy ``torch==2.13.0``."""
    return remedies.reinstall(machine, "torch", wanted=f"torch=={version.split('+')[0]}")


def _torch(status: Status, value: str, remedy: str | None = None) -> Finding:
    needed_for = "checking our layers and models against another implementation"
    return Finding("torch", status, value, needed_for, remedy=remedy, role="required")


def _numpy(status: Status, value: str, needed_for: str, remedy: str | None = None) -> Finding:
    return Finding("NumPy and BLAS", status, value, needed_for, remedy=remedy, role="required")
