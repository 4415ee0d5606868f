"""GPU, driver, CuPy and headers on machines this one cannot be."""

from __future__ import annotations

import pytest

from attention_scratch.doctor.checks import cuda
from attention_scratch.doctor.commands import ProbeError, Ran, TookTooLongError
from tests.doctor.simulated import HEADERS, SMI_XML, SimulatedMachine, look, without_gpu


def old_driver() -> SimulatedMachine:
    """Driver 550 (CUDA 12.4) under torch and CuPy built for CUDA 13."""
    machine = SimulatedMachine()
    machine.answers["nvml"] |= {"driver": "550.54.15", "cuda": [12, 4]}
    xml = SMI_XML.replace("580.95.05", "550.54.15").replace(">13.0<", ">12.4<")
    machine.runs["nvidia-smi -q -x"] = Ran(0, xml)
    machine.answers["torch"] |= {"usable": False}
    machine.answers["cupy"] = {
        "version": "14.2.0",
        "devices": 0,
        "error": "CUDARuntimeError: cudaErrorInsufficientDriver: CUDA driver version is"
        " insufficient for CUDA runtime version",
    }
    return machine


def test_the_gpu_is_named_with_its_memory_and_capability() -> None:
    found = look(SimulatedMachine(), "GPU")
    assert found.value == "NVIDIA H200, 140 GiB, compute capability 9.0"


def test_torch_built_for_a_newer_cuda_than_the_driver_warns_with_the_command() -> None:
    found = look(old_driver(), "torch")
    assert found.status == "warning"
    assert "built for CUDA 13.0" in found.value
    assert "the driver supports only CUDA 12.4" in found.value
    assert found.remedy == "sudo ubuntu-drivers install nvidia:580 && sudo reboot"


@pytest.mark.parametrize(("built_for", "driver"), [("12.8", [12, 4]), ("12.6", [13, 0])])
def test_torch_of_the_same_major_cuda_or_an_older_one_is_fine(
    built_for: str, driver: list[int]
) -> None:
    machine = SimulatedMachine()
    machine.answers["nvml"] |= {"cuda": driver}
    machine.answers["torch"] |= {"cuda": built_for}
    assert look(machine, "torch").status == "ok"


def test_a_cpu_build_of_torch_beside_a_gpu_warns() -> None:
    machine = SimulatedMachine()
    machine.answers["torch"] = {"version": "2.13.0+cpu", "cuda": None, "usable": False}
    found = look(machine, "torch")
    assert found.status == "warning"
    assert found.remedy == (
        ".venv/bin/python -m pip uninstall -y torch"
        " && .venv/bin/python -m pip install torch==2.13.0"
    )


def test_cupy_for_cuda_13_on_an_older_driver_offers_cupy_for_cuda_12() -> None:
    found = look(old_driver(), "CuPy")
    assert found.status == "warning"
    assert "wants CUDA 13; the driver supports 12.4" in found.value
    assert found.remedy is not None
    assert found.remedy.endswith(
        ".venv/bin/python -m pip uninstall -y cupy-cuda13x"
        " && .venv/bin/python -m pip install 'cupy-cuda12x[ctk]'"
    )


def test_nvidia_smi_without_nvml_still_shows_the_gpu() -> None:
    machine = SimulatedMachine()
    machine.answers["nvml"] = ProbeError("NVMLError_LibraryNotFound: NVML Shared Library Not Found")
    assert look(machine, "GPU").value == "NVIDIA H200, 140 GiB"
    nvml = look(machine, "NVML")
    assert nvml.status == "warning"
    assert "Shared Library Not Found" in nvml.value
    assert look(machine, "CUDA of the driver").status == "ok"


def test_a_missing_pynvml_is_mended_by_pip() -> None:
    machine = SimulatedMachine()
    machine.answers["nvml"] = ProbeError("ModuleNotFoundError: No module named 'pynvml'")
    nvml = look(machine, "NVML")
    assert nvml.remedy == ".venv/bin/python -m pip install nvidia-ml-py"


def test_nvml_and_nvidia_smi_that_disagree_are_reported() -> None:
    machine = SimulatedMachine()
    machine.answers["nvml"] |= {"driver": "570.133.20"}
    found = look(machine, "NVML and nvidia-smi")
    assert found.status == "warning"
    assert found.value == "disagree on driver: 570.133.20 against 580.95.05"
    assert found.remedy == "sudo reboot"


def test_nvml_and_nvidia_smi_that_agree_are_fine() -> None:
    found = look(SimulatedMachine(), "NVML and nvidia-smi")
    assert (found.status, found.value) == ("ok", "agree")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("", "not XML"),
        ("No devices were found\n", "not XML"),
        (SMI_XML[:300], "not XML"),
        ("<nvidia_smi_log></nvidia_smi_log>", "names no driver version"),
    ],
)
def test_malformed_nvidia_smi_output_is_a_finding(printed: str, said: str) -> None:
    machine = SimulatedMachine()
    machine.runs["nvidia-smi -q -x"] = Ran(0, printed)
    found = look(machine, "nvidia-smi")
    assert found.status == "warning"
    assert said in found.value


def test_a_driver_that_does_not_name_its_cuda_is_a_warning() -> None:
    machine = SimulatedMachine()
    machine.answers["nvml"] = ProbeError("NVML is broken")
    xml = SMI_XML.replace(">13.0<", ">Not Found<")  # seen with mismatched libraries
    machine.runs["nvidia-smi -q -x"] = Ran(0, xml)
    assert look(machine, "CUDA of the driver").status == "warning"


def test_nvidia_smi_that_fails_is_quoted() -> None:
    machine = SimulatedMachine()
    mismatch = "Failed to initialize NVML: Driver/library version mismatch"
    machine.runs["nvidia-smi -q -x"] = Ran(18, mismatch + "\n")
    assert mismatch in look(machine, "nvidia-smi").value


def test_malformed_nvml_answers_are_a_finding() -> None:
    machine = SimulatedMachine()
    machine.answers["nvml"] = {"driver": "580", "cuda": 13000, "devices": None}
    assert "unexpected" in look(machine, "NVML").value


def test_a_card_without_a_driver_is_told_from_no_card() -> None:
    machine = without_gpu()
    assert look(machine, "GPU").value == "no NVIDIA GPU found"
    machine.files["/sys/bus/pci/devices/0000:01:00.0/vendor"] = b"0x10de\n"
    found = look(machine, "GPU")
    assert "no driver answers" in found.value
    assert found.remedy == "sudo ubuntu-drivers install nvidia:580 && sudo reboot"


def test_a_container_started_without_the_gpu_is_recognized() -> None:
    machine = without_gpu()
    machine.files |= {"/sys/bus/pci/devices/0000:01:00.0/vendor": b"0x10de\n", "/.dockerenv": b""}
    remedy = look(machine, "GPU").remedy
    assert remedy == "docker compose --profile gpu up lab-gpu"


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_an_exported_variable_that_hides_the_gpu_is_a_warning(hidden: str) -> None:
    machine = SimulatedMachine(variables={"CUDA_VISIBLE_DEVICES": hidden})
    found = look(machine, "GPU")
    assert found.status == "warning"
    assert found.remedy == "unset CUDA_VISIBLE_DEVICES"


def test_cupy_without_headers_names_the_extra_that_brings_them() -> None:
    machine = SimulatedMachine()
    machine.answers["toolkit"] |= {"headers": None}
    found = look(machine, "CUDA headers")
    assert found.status == "missing"
    assert found.remedy == ".venv/bin/python -m pip install 'cupy-cuda13x[ctk]'"


def test_a_header_folder_without_bf16_does_not_count() -> None:
    machine = SimulatedMachine()
    del machine.files[str(HEADERS / "cuda_bf16.h")]
    assert look(machine, "CUDA headers").status == "missing"


def test_headers_below_cuda_path_count() -> None:
    machine = SimulatedMachine(variables={"CUDA_PATH": "/opt/cuda"})
    machine.answers["toolkit"] |= {"headers": None}
    machine.files |= {f"/opt/cuda/include/{name}": b"" for name in cuda.HEADERS}
    found = look(machine, "CUDA headers")
    assert found.value.endswith("in /opt/cuda/include")


def test_two_builds_of_cupy_at_once_are_refused() -> None:
    machine = SimulatedMachine()
    machine.versions["cupy-cuda12x"] = "14.2.0"
    found = look(machine, "CuPy")
    assert found.status == "missing"
    assert "both installed" in found.value


def test_a_hanging_nvcc_is_a_warning() -> None:
    machine = SimulatedMachine()
    machine.runs["/usr/local/cuda/bin/nvcc --version"] = TookTooLongError("nvcc gave no answer")
    assert look(machine, "nvcc").status == "warning"


def test_cudnn_and_nccl_are_found_in_torch_in_pip_or_in_the_system() -> None:
    machine = SimulatedMachine()
    assert look(machine, "cuDNN").value == "9.10.2, with torch"
    machine.answers["torch"] |= {"cudnn": None, "nccl": None}
    machine.versions["nvidia-cudnn-cu13"] = "9.20.0"
    machine.answers["libraries"] = {"cudnn": None, "nccl": "libnccl.so.2"}
    assert look(machine, "cuDNN").value == "9.20.0, from nvidia-cudnn-cu13"
    assert look(machine, "NCCL").value == "libnccl.so.2"
