"""Models on disk: the shipped checkpoint, and the cache of the Hugging Face hub."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.finding import Finding
from attention_scratch.doctor.machine import Machine, ProbeError

CHECKPOINT = "olmo2-tiny"
JSON_FILES = ("config.json", "tokenizer.json")
WEIGHTS = "model.safetensors"
HEADER_LIMIT = 100_000_000  # bytes; the safetensors format allows no longer header


def checkpoint(machine: Machine, models: Path) -> tuple[Finding, ...]:
    """Whether the small trained model is there, and whether its files can be read."""
    folder = models / CHECKPOINT
    name, needed_for = f"Checkpoint {CHECKPOINT}", "the chapters that read or run a trained model"
    restore = f"git restore {models.name}/{CHECKPOINT}"
    present = {path.name for path in machine.glob(folder, "*")}
    absent = [file for file in (*JSON_FILES, WEIGHTS) if file not in present]
    if absent:
        value = f"no {', '.join(absent)} in {folder}"
        return (Finding(name, "missing", value, needed_for, remedy=restore, role="required"),)
    try:
        value = _contents(machine, folder)
    except ValueError as error:
        return (Finding(name, "missing", str(error), needed_for, remedy=restore, role="required"),)
    return (Finding(name, "ok", value, needed_for, role="required"),)


def hub_cache(machine: Machine) -> tuple[Finding, ...]:
    """Where downloaded models go and how much is there."""
    needed_for = "running a full-size OLMo 2, which is downloaded once"
    try:
        answer = machine.ask("hub")
    except ProbeError as error:
        remedy = remedies.pip(machine, "huggingface_hub>=1.0")
        return (Finding("Hugging Face cache", "warning", str(error), needed_for, remedy=remedy),)
    size = answer["bytes"] / 1e9
    held = f"{answer['repositories']} repositories, {size:.1f} GB" if size else "empty"
    return (Finding("Hugging Face cache", "ok", f"{held}, at {answer['folder']}", needed_for),)


def _contents(machine: Machine, folder: Path) -> str:
    config, _tokenizer = (_json(machine, folder / file) for file in JSON_FILES)
    header, length = _header(machine, folder / WEIGHTS)
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    ends = [entry["data_offsets"][1] for entry in tensors.values()]
    size = machine.size(folder / WEIGHTS)
    if not tensors or size != 8 + length + max(ends):
        raise ValueError(f"{WEIGHTS} is cut short or damaged: {size} bytes")
    model = config.get("model_type", "model of unknown type")
    return f"{model}, {len(tensors)} tensors, {size / 1e6:.1f} MB"


def _header(machine: Machine, file: Path) -> tuple[dict[str, Any], int]:
    """The JSON header of a safetensors file and its length: 8 bytes little-endian, then JSON."""
    start = machine.read(file, limit=8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else HEADER_LIMIT + 1
    if length > HEADER_LIMIT:
        raise ValueError(f"{file.name} is not a safetensors file")
    header = _parsed(machine.read(file, limit=8 + length)[8:], file.name)
    return header, length


def _json(machine: Machine, file: Path) -> dict[str, Any]:
    return _parsed(machine.read(file), file.name)


def _parsed(text: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{name} cannot be read: it holds no JSON object")
    return document
