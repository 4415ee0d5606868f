"""Python and its packages: NumPy and its BLAS, torch against the driver, the book's stack."""

from __future__ import annotations

from attention_scratch.doctor import remedies
from attention_scratch.doctor.checks.check import Check, Seen, missing, ok, warning
from attention_scratch.doctor.checks.driver import best_view, dotted, parse_version
from attention_scratch.doctor.commands import ProbeError
from attention_scratch.doctor.machine import CORE, THREADS, Machine
from attention_scratch.doctor.report import Role

OLDEST_PYTHON = (3, 11)
# distribution: (extra of pyproject.toml, what it is needed for)
STACK = {
    "transformers": ("torch", "comparing our OLMo 2 with Hugging Face's"),
    "tokenizers": ("torch", "reading the checkpoints' tokenizer.json"),
    "jupyter-book": ("book", "building the book: make book, make serve"),
    "jupyterlab": ("book", "working on the exercises: make lab"),
    "ipywidgets": ("book", "interactive figures in notebooks"),
    "nbval": ("dev", "running every notebook as a test: make test"),
}


def python(machine: Machine) -> Seen:
    """Python 3.11 or newer, 64-bit, in an environment of its own."""
    found = machine.interpreter
    where = found.environment or "not in a virtual environment"
    value = f"{found.implementation} {dotted(found.version)}, {found.bits}-bit, {where}"
    if found.version[:2] < OLDEST_PYTHON or found.bits != 64:
        return missing(value, remedies.tool(machine, "python"))
    return ok(value) if found.environment else warning(value, "make venv")


def blas(machine: Machine) -> Seen:
    """NumPy, the BLAS behind its matrix products, and the processor core that BLAS serves."""
    try:
        answer = machine.ask("numpy")
    except ProbeError as error:
        remedy = remedies.pip(machine, "--force-reinstall", "numpy>=2.1")
        return missing(f"cannot be imported: {error}", remedy)
    value = f"NumPy {answer['version']} on {answer['blas']} {answer['blas_version']}"
    if "core" in answer:
        threads = "1 thread" if answer["threads"] == 1 else f"{answer['threads']} threads"
        value += f", {answer['core']} kernels, {threads}"
    pinned = machine.variables.get(CORE)
    if pinned is None:
        return ok(value)
    return warning(
        f"{value} ({CORE}={pinned} overrides what the processor can do)", f"unset {CORE}"
    )


def threads(machine: Machine) -> Seen | None:
    """Exported thread limits, if any: they explain a product that is slower than it could be."""
    found = {name: machine.variables[name] for name in THREADS if name in machine.variables}
    if not found:
        return None
    value = ", ".join(f"{name}={limit}" for name, limit in found.items())
    if "1" in found.values() and machine.cores().usable > 1:
        return warning(value, f"unset {' '.join(found)}")
    return ok(value)


def torch(machine: Machine) -> Seen:
    """torch, and its CUDA build against the driver."""
    installed = machine.version("torch")
    if installed is None:
        return missing("not installed", remedies.extra(machine, "torch"))
    try:
        answer = machine.ask("torch")
    except ProbeError as error:
        return missing(f"cannot be imported: {error}", _reinstall_torch(machine, installed))
    return _torch_against_driver(machine, answer["version"], answer["cuda"], answer["usable"])


def installed(machine: Machine, distribution: str) -> Seen:
    """A package of ``STACK``, and in which version."""
    version = machine.version(distribution)
    if version:
        return ok(version)
    return missing("not installed", remedies.extra(machine, STACK[distribution][0]))


def _torch_against_driver(
    machine: Machine, version: str, built_for: str | None, usable: bool
) -> Seen:
    view = best_view(machine)
    has_gpu = view is not None and bool(view.devices)
    again = _reinstall_torch(machine, version)
    value = f"{version}, built for {f'CUDA {built_for}' if built_for else 'the CPU'}"
    if built_for is None:
        return warning(f"{value}: it will not use the GPU", again) if has_gpu else ok(value)
    if view and view.cuda and parse_version(built_for)[0] > view.cuda[0]:
        value += f", but the driver supports only CUDA {dotted(view.cuda)}: no GPU in torch"
        return warning(value, remedies.driver(machine))
    if has_gpu and not usable:
        return warning(f"{value}, but torch.cuda.is_available() is False", again)
    return ok(value + (", uses the GPU" if usable else ""))


def _reinstall_torch(machine: Machine, version: str) -> str:
    """Take torch out first: pip holds ``2.13.0+cpu`` to satisfy ``torch==2.13.0``."""
    return remedies.reinstall(machine, "torch", wanted=f"torch=={version.split('+')[0]}")


def _stack_check(distribution: str, extra: str, needed_for: str) -> Check:
    role: Role = "optional" if extra == "dev" else "required"
    return Check(distribution, needed_for, lambda m: installed(m, distribution), role)


CHECKS = (
    Check(
        "Python",
        f"everything: {dotted(OLDEST_PYTHON)} or newer, 64-bit, and an environment of its own that"
        " holds the locked packages",
        python,
        "required",
    ),
    Check(
        "NumPy and BLAS",
        "every chapter: matrix products are almost all of its time",
        blas,
        "required",
    ),
    Check("Thread limits", "using every core in matrix products", threads),
    Check(
        "torch",
        "checking our layers and models against another implementation",
        torch,
        "required",
    ),
    *(_stack_check(name, extra, needed_for) for name, (extra, needed_for) in STACK.items()),
)
