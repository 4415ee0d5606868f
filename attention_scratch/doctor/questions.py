"""Questions about heavy libraries, each answered in a child process.

``python -P questions.py torch`` prints one line of JSON. The child takes the crash, the hang or
the noise of a broken library, so that the doctor does not. This file runs alone: it imports
nothing of this package.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARK = "attention-scratch-answer:"
Answer = dict[str, Any]


def numpy() -> Answer:
    """Which BLAS NumPy was built with, and what OpenBLAS says of itself at run time."""
    np = importlib.import_module("numpy")
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    version, name, blas_version = np.__version__, blas["name"], blas["version"]
    answer: Answer = {"version": version, "blas": name, "blas_version": blas_version}
    with contextlib.suppress(OSError, AttributeError):
        answer.update(_openblas(Path(str(np.__file__)).parent))
    return answer


def _openblas(package: Path) -> Answer:
    """Core type and threads of the OpenBLAS in NumPy's wheel (symbols of scipy-openblas)."""
    wheels = (package.parent / "numpy.libs", package / ".dylibs")
    for file in (file for folder in wheels for file in sorted(folder.glob("*openblas*"))):
        library = ctypes.CDLL(str(file))
        suffix = "64_" if "64" in file.name else ""
        core = getattr(library, f"scipy_openblas_get_corename{suffix}")
        core.restype = ctypes.c_char_p
        threads = getattr(library, f"scipy_openblas_get_num_threads{suffix}")
        return {"core": core().decode(), "threads": threads()}
    return {}


def nvml() -> Answer:
    """Driver, CUDA version and devices through NVML; no serial numbers, no UUIDs."""
    ml = importlib.import_module("pynvml")
    ml.nvmlInit()
    try:
        cuda = ml.nvmlSystemGetCudaDriverVersion_v2()
        handles = [ml.nvmlDeviceGetHandleByIndex(i) for i in range(ml.nvmlDeviceGetCount())]
        return {
            "driver": _text(ml.nvmlSystemGetDriverVersion()),
            "cuda": [cuda // 1000, cuda % 1000 // 10],
            "devices": [
                {
                    "name": _text(ml.nvmlDeviceGetName(handle)),
                    "memory": int(ml.nvmlDeviceGetMemoryInfo(handle).total),
                    "capability": list(ml.nvmlDeviceGetCudaComputeCapability(handle)),
                }
                for handle in handles
            ],
        }
    finally:
        ml.nvmlShutdown()


def torch() -> Answer:
    """The CUDA that torch was built for, whether it can use it, and the libraries it brings."""
    torch = importlib.import_module("torch")
    cudnn = torch.backends.cudnn.version() if torch.version.cuda else None
    nccl: tuple[int, ...] | None = None
    with contextlib.suppress(Exception):  # built without distributed, or for the CPU
        nccl = tuple(torch.cuda.nccl.version())[:3]
    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "usable": bool(torch.cuda.is_available()),
        "cudnn": cudnn,
        "nccl": nccl,
    }


def cupy() -> Answer:
    """CuPy's version, the CUDA it runs on, and what it says when asked for devices."""
    cupy = importlib.import_module("cupy")
    answer: Answer = {"version": cupy.__version__, "devices": 0, "error": None}
    try:
        answer["devices"] = cupy.cuda.runtime.getDeviceCount()
        answer["runtime"] = cupy.cuda.runtime.runtimeGetVersion()
        if answer["devices"]:
            answer["sum"] = int(cupy.arange(4).sum())  # compiles and launches a kernel
    except Exception as error:  # whatever CUDA throws is the answer
        answer["error"] = f"{type(error).__name__}: {error}"
    return answer


def toolkit() -> Answer:
    """Headers, NVRTC and nvcc where CuPy looks for them: through cuda-pathfinder."""
    finder = importlib.import_module("cuda.pathfinder")
    answer: Answer = {"headers": finder.find_nvidia_header_directory("cudart")}
    answer["nvcc"] = finder.find_nvidia_binary_utility("nvcc")
    try:
        answer["nvrtc"] = finder.load_nvidia_dynamic_lib("nvrtc").abs_path
    except finder.DynamicLibNotFoundError:
        answer["nvrtc"] = None
    return answer


def libraries() -> Answer:
    """Which of cuDNN and NCCL the system's own loader finds."""
    return {
        "cudnn": _first_to_load("libcudnn.so.9", "libcudnn.so.8", "libcudnn.so"),
        "nccl": _first_to_load("libnccl.so.2", "libnccl.so"),
    }


def hub() -> Answer:
    """Where the Hugging Face hub keeps models, and how much is there."""
    folder = Path(importlib.import_module("huggingface_hub.constants").HF_HUB_CACHE)
    answer: Answer = {"folder": str(folder), "bytes": 0, "repositories": 0}
    if folder.is_dir():
        info = importlib.import_module("huggingface_hub").scan_cache_dir(folder)
        answer |= {"bytes": info.size_on_disk, "repositories": len(info.repos)}
    return answer


def _first_to_load(*files: str) -> str | None:
    for file in files:
        with contextlib.suppress(OSError):
            ctypes.CDLL(file)
            return file
    return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


QUESTIONS: dict[str, Callable[[], Answer]] = {
    question.__name__: question for question in (numpy, nvml, torch, cupy, toolkit, libraries, hub)
}


def main(question: str) -> None:
    """Print the answer, or the exception as an answer of its own."""
    try:
        answer = QUESTIONS[question]()
    except Exception as error:  # handed to the parent, which makes a finding of it
        answer = {"failed": f"{type(error).__name__}: {error}"}
    print(MARK + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
