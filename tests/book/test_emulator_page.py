"""The appendix on the CUDA emulator names what there is: the lists are read from its code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attention_scratch.simt.compile import failures, toolchain
from attention_scratch.simt.launch import geometry
from attention_scratch.simt.report import profiling
from attention_scratch.simt.runtime import abi

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "emulator.md").read_text(encoding="utf-8")
PTX = toolchain.RUNTIME / "src" / "ptx"

KINDS = sorted({*abi.KINDS.values(), "canary", "compile-error"} - {"interrupted"})
HEADERS = sorted(
    path.relative_to(toolchain.HEADERS).as_posix()
    for pattern in ("*.h", "cooperative_groups/*.h")
    for path in toolchain.HEADERS.glob(pattern)
)
FAMILIES = re.findall(r"\bdecode_\w+(?=[,}])", (PTX / "compile.cpp").read_text(encoding="utf-8"))
DECODERS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PTX.glob("*.cpp")))


def opcodes_of(family: str) -> set[str]:
    """The opcodes a family of decoders compares the first word of an instruction with."""
    body = re.search(
        rf"^bool {family}\(Decoder& d\) {{\n(.*?)^}}", DECODERS, re.DOTALL | re.MULTILINE
    )
    assert body, family
    return set(re.findall(r'(?:\bname|\bd\.word\(0\)) [!=]= "(\w+)"', body[1]))


def section(title: str) -> str:
    """The text under a heading of the page, down to the next heading of that or a higher level."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[2]


def coded(text: str) -> set[str]:
    """What stands in backquotes."""
    return set(re.findall(r"`([^`]+)`", text))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_ptx_instructions_shows_its_opcodes(family: str) -> None:
    assert opcodes_of(family), f"{family} compares no opcode in a form this test reads"


def test_the_page_lists_exactly_the_opcodes_the_decoder_knows() -> None:
    known = {opcode for family in FAMILIES for opcode in opcodes_of(family)}
    table = re.findall(r"^\|[^|]*\|([^|]*)\|$", section("Inline PTX"), re.MULTILINE)
    assert coded(" ".join(table)) == known


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_finding_has_its_row(kind: str) -> None:
    assert re.search(rf"^\| `{kind}` \|", section("Diagnoses"), re.MULTILINE), kind


def test_no_kind_of_finding_is_made_up() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", section("Diagnoses"), re.MULTILINE)
    assert sorted(rows) == KINDS


@pytest.mark.parametrize("header", HEADERS)
def test_every_header_a_kernel_may_include_is_named(header: str) -> None:
    assert f"`{header}`" in PAGE


@pytest.mark.parametrize("feature", sorted({name for _, name in failures.UNSUPPORTED}))
def test_every_feature_refused_by_name_is_named(feature: str) -> None:
    assert feature in section("What is refused").replace("`", "")


@pytest.mark.parametrize("header", failures.CUDA_HEADERS)
def test_every_header_refused_by_name_is_named(header: str) -> None:
    assert f"`{header}`" in section("What is refused")


def test_every_counter_of_a_launch_is_named() -> None:
    counters = {n for n, v in vars(profiling.LaunchProfile).items() if isinstance(v, property)}
    counters |= {"barriers", "warp_operations", "flops"}
    assert counters <= coded(section("Counters"))


@pytest.mark.parametrize(
    "limit",
    [
        f"{geometry.MAX_THREADS:,} threads",
        f"{geometry.MAX_SHARED_BYTES // 1024} KB",
        f"{geometry.MAX_OPTIN_SHARED_BYTES // 1024} KB",
        f"{geometry.MAX_COOPERATIVE_THREADS:,} threads",
    ],
)
def test_the_limits_of_a_launch_are_those_of_the_code(limit: str) -> None:
    assert limit in section("Limits")
