"""Private names stay out of reports."""

from __future__ import annotations

import pytest

from attention_scratch.doctor.commands import Ran
from attention_scratch.doctor.examine import examine, redact
from attention_scratch.doctor.machine import Identity
from tests.doctor.simulated import ADA, SimulatedMachine


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at /home/ada/.cache", "at ~/.cache"),
        ("'/home/ada'", "'~'"),
        ("/home/adam/x", "/home/adam/x"),
        ("/scratch/ada/models", "/scratch/<user>/models"),
        ("ada@analytical: denied", "<user>@<host>: denied"),
        ("driver for analytical-engine", "driver for analytical-engine"),
        ("NVIDIA RTX 6000 Ada Generation", "NVIDIA RTX 6000 Ada Generation"),
        ("/opt/home/ada/x", "/opt/home/<user>/x"),
    ],
)
def test_names_are_replaced_where_they_identify(text: str, shown: str) -> None:
    assert redact(text, ADA) == shown


@pytest.mark.parametrize(
    "identity", [Identity("/", "", ""), Identity("/root", "root", "vm"), Identity("", "", "ab")]
)
def test_odd_identities_leave_ordinary_text_alone(identity: Identity) -> None:
    text = "root of / on a vm, /usr/bin/g++"
    assert redact(text, identity) == text


def test_a_whole_report_names_neither_user_nor_host_nor_serial_number() -> None:
    machine = SimulatedMachine()
    machine.runs["make --version"] = Ran(2, "", "make: ada@analytical: /home/ada/bin is broken")
    text = examine(machine).to_json()
    for private in ("/home/ada", "ada@", "analytical", "GPU-0a9c61d2", "1650522003820"):
        assert private not in text
    assert "~/bin is broken" in text
