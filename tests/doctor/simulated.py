"""Machines this one cannot be: a healthy GPU workstation, to be broken one part at a time."""

from __future__ import annotations

import dataclasses
import fnmatch
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attention_scratch.config import Paths, Settings
from attention_scratch.doctor import Finding
from attention_scratch.doctor.checks import SECTIONS
from attention_scratch.doctor.commands import COMMAND_LIMIT, CommandMissingError, ProbeError, Ran
from attention_scratch.doctor.machine import Cores, Identity, Interpreter, Machine, Space

GIB = 2**30
PYTHON = Interpreter((3, 12, 3), 64, "CPython", "virtual environment", ".venv/bin/python")
ADA = Identity(home="/home/ada", user="ada", host="analytical")
BOOK = Path("/home/ada/book")
CACHE = Path("/home/ada/.cache/attention-scratch")
CHECKOUT = Settings(root=BOOK, paths=Paths(models=BOOK / "models", cache=CACHE))
DISK = Space(total=500 * GIB, free=200 * GIB)
MEMORY = Space(total=64 * GIB, free=60 * GIB)
BUILT = Ran(0, "")
HEADERS = BOOK / ".venv/lib/nvidia/cu13/include"

SMI_XML = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
\t<timestamp>Wed Nov 19 14:30:00 2025</timestamp>
\t<driver_version>580.95.05</driver_version>
\t<cuda_version>13.0</cuda_version>
\t<attached_gpus>1</attached_gpus>
\t<gpu id="00000000:01:00.0">
\t\t<product_name>NVIDIA H200</product_name>
\t\t<serial>1650522003820</serial>
\t\t<uuid>GPU-0a9c61d2-8c1d-c9b8-a902-3ad727d75c51</uuid>
\t\t<fb_memory_usage>
\t\t\t<total>143771 MiB</total>
\t\t\t<used>1 MiB</used>
\t\t</fb_memory_usage>
\t</gpu>
</nvidia_smi_log>
"""


def healthy_answers() -> dict[str, Any]:
    """What the child Python says on a machine where all is well."""
    return {
        "numpy": {
            "version": "2.4.6",
            "blas": "scipy-openblas",
            "blas_version": "0.3.31",
            "core": "Zen",
            "threads": 16,
        },
        "nvml": {
            "driver": "580.95.05",
            "cuda": [13, 0],
            "devices": [
                {"name": "NVIDIA H200", "memory": 143771 * 2**20, "capability": [9, 0]},
            ],
        },
        "torch": {
            "version": "2.13.0+cu130",
            "cuda": "13.0",
            "usable": True,
            "cudnn": 91002,
            "nccl": [2, 27, 7],
        },
        "cupy": {"version": "14.2.0", "devices": 1, "runtime": 13000, "error": None, "sum": 6},
        "toolkit": {
            "headers": str(HEADERS),
            "nvrtc": "/home/ada/book/.venv/lib/libnvrtc.so.13",
            "nvcc": "/usr/local/cuda/bin/nvcc",
        },
        "libraries": {"cudnn": None, "nccl": None},
        "hub": {"folder": "/home/ada/.cache/huggingface/hub", "bytes": 0, "repositories": 0},
    }


def healthy_runs() -> dict[str, Ran | Exception]:
    """What commands print, by their first words."""
    return {
        "nvidia-smi -q -x": Ran(0, SMI_XML),
        "g++ --version": Ran(0, "g++ (Ubuntu 13.3.0-6ubuntu2) 13.3.0\n"),
        "make --version": Ran(0, "GNU Make 4.3\n"),
        "git --version": Ran(0, "git version 2.43.0\n"),
        "chromium --version": Ran(0, "Chromium 140.0\n"),
        "docker info": Ran(
            0, '{"ServerVersion": "28.2.2", "Runtimes": {"nvidia": {}, "runc": {}}}'
        ),
        "/usr/local/cuda/bin/nvcc --version": Ran(
            0, "Cuda compilation tools, release 13.0, V13.0.88\n"
        ),
    }


def healthy_files() -> dict[str, bytes]:
    """Files that exist, with what they hold."""
    return {
        "/etc/os-release": b'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nID=ubuntu\nID_LIKE=debian\n',
        "/proc/cpuinfo": b"model name\t: AMD EPYC 9554\nflags\t\t: fpu avx2 fma avx512f\n",
        "/sys/bus/pci/devices/0000:01:00.0/vendor": b"0x10de\n",
        str(HEADERS / "cuda_fp16.h"): b"",
        str(HEADERS / "cuda_bf16.h"): b"",
    }


def checkpoint(**changes: bytes) -> dict[str, bytes]:
    """The files of a checkpoint with one tensor of two float32; ``config_json=b""`` changes one."""
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "w": entry}).encode()
    files = {
        "config_json": b'{"model_type": "olmo2"}',
        "tokenizer_json": b"{}",
        "model_safetensors": struct.pack("<Q", len(header)) + header + bytes(8),
    }
    folder = BOOK / "models" / "olmo2-tiny"
    return {str(folder / n.replace("_", ".")): data for n, data in {**files, **changes}.items()}


def healthy_versions() -> dict[str, str]:
    """Installed distributions."""
    names = ("transformers", "tokenizers", "jupyter-book", "jupyterlab", "ipywidgets", "nbval")
    return {**dict.fromkeys(names, "1.0"), "torch": "2.13.0", "cupy-cuda13x": "14.2.0"}


@dataclasses.dataclass
class SimulatedMachine(Machine):
    """A ``Machine`` made of tables; every table may hold an exception to raise."""

    where: Settings = CHECKOUT
    system: str = "Linux"
    release: str = "6.8.0"
    architecture: str = "x86_64"
    interpreter: Interpreter = PYTHON
    identity: Identity = ADA
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    answers: dict[str, Any] = dataclasses.field(default_factory=healthy_answers)
    runs: dict[str, Ran | Exception] = dataclasses.field(default_factory=healthy_runs)
    files: dict[str, bytes] = dataclasses.field(default_factory=healthy_files)
    versions: dict[str, str] = dataclasses.field(default_factory=healthy_versions)
    space: Space = DISK
    main_memory: Space = MEMORY
    absent: tuple[str, ...] = ()
    built: Ran | Exception = BUILT

    def which(self, command: str) -> str | None:
        known = {"sudo", *(line.split()[0] for line in self.runs)}
        return f"/usr/bin/{command}" if command in known and command not in self.absent else None

    def run(self, *command: str, limit: float = COMMAND_LIMIT) -> Ran:
        line = " ".join(command)
        for start, outcome in self.runs.items():
            if line.startswith(start):
                return _or_raise(outcome)
        raise CommandMissingError(f"{command[0]} cannot be started")

    def ask(self, question: str) -> Mapping[str, Any]:
        if question not in self.answers:
            raise ProbeError(f"ModuleNotFoundError: No module named '{question}'")
        return _or_raise(self.answers[question])

    def compiles(self, compiler: str, source: str) -> Ran:
        return _or_raise(self.built)

    def version(self, distribution: str) -> str | None:
        return self.versions.get(distribution)

    def read(self, path: Path, limit: int = -1) -> bytes:
        if str(path) not in self.files:
            raise FileNotFoundError(path)
        return self.files[str(path)][: None if limit < 0 else limit]

    def size(self, path: Path) -> int:
        return len(self.files[str(path)])

    def glob(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        wanted = str(folder / pattern)
        return tuple(Path(name) for name in self.files if fnmatch.fnmatch(name, wanted))

    def cores(self) -> Cores:
        return Cores(physical=16, logical=32, usable=32)

    def memory(self) -> Space:
        return self.main_memory

    def disk(self, folder: Path) -> Space:
        return self.space


def without_gpu(**changes: Any) -> SimulatedMachine:
    """A laptop with no NVIDIA hardware, driver or CuPy; all else is well."""
    machine = SimulatedMachine(**changes)
    del machine.runs["nvidia-smi -q -x"], machine.versions["cupy-cuda13x"]
    del machine.files["/sys/bus/pci/devices/0000:01:00.0/vendor"]
    machine.answers["nvml"] = ProbeError("NVMLError_LibraryNotFound: NVML Shared Library Not Found")
    machine.answers["torch"] = {"version": "2.13.0+cpu", "cuda": None, "usable": False}
    machine.answers["toolkit"] = ProbeError("ModuleNotFoundError: No module named 'cuda'")
    del machine.answers["cupy"]
    return machine


def look(machine: Machine, name: str) -> Finding:
    """What the one check of this name finds."""
    (check,) = (check for checks in SECTIONS.values() for check in checks if check.name == name)
    found = check(machine)
    assert found is not None
    return found


def _or_raise(outcome: Any) -> Any:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
