"""The container and conda files: what holds without building them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = ("Dockerfile", "compose.yaml", "environment.yml", ".dockerignore")

if not all((ROOT / name).is_file() for name in FILES):
    pytest.skip("inside an image, which leaves these files out", allow_module_level=True)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_port_is_open_to_this_computer_alone(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert len(ports) == 3
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_only_the_gpu_profile_asks_for_a_gpu(compose: dict[str, Any]) -> None:
    asking = {
        name: service["deploy"]["resources"]["reservations"]["devices"]
        for name, service in compose["services"].items()
        if "deploy" in service
    }
    assert list(asking) == ["lab-gpu"]
    assert compose["services"]["lab-gpu"]["profiles"] == ["gpu"]
    assert asking["lab-gpu"][0]["capabilities"] == ["gpu"]


def test_the_working_tree_is_mounted_but_not_its_virtual_environment(
    compose: dict[str, Any],
) -> None:
    for service in compose["services"].values():
        assert ".:/attention-scratch" in service["volumes"]
        assert "/attention-scratch/.venv" in service["volumes"]


def test_every_build_argument_of_compose_is_declared_in_the_dockerfile(
    compose: dict[str, Any],
) -> None:
    declared = set(re.findall(r"^ARG (\w+)", text("Dockerfile"), re.MULTILINE))
    for service in compose["services"].values():
        assert set(service["build"]["args"]) <= declared


def test_the_image_is_checked_and_does_not_run_as_root() -> None:
    steps = re.findall(r"^(USER \w+|RUN make check)", text("Dockerfile"), re.MULTILINE)
    assert steps == ["USER reader", "RUN make check"]


@pytest.mark.parametrize("name", FILES)
def test_no_package_index_is_written_down(name: str) -> None:
    assert re.findall(r"https?://(?!127\.0\.0\.1)\S+", text(name)) == []
    assert re.findall(r"find[-_]links|index-url", text(name)) == []


def test_conda_installs_the_lock_and_this_package() -> None:
    environment = yaml.safe_load(text("environment.yml"))
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["-r requirements.txt", "-e ."]
    assert (ROOT / "requirements.txt").is_file()
