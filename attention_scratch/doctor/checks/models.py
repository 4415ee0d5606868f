"""Models on disk: the shipped checkpoint, and the cache of the Hugging Face hub."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from attention_scratch.doctor import remedies
from attention_scratch.doctor.checks.check import Check, Seen, missing, ok, warning
from attention_scratch.doctor.commands import ProbeError
from attention_scratch.doctor.machine import Machine

CHECKPOINT = "olmo2-tiny"
JSON_FILES = ("config.json", "tokenizer.json")
WEIGHTS = "model.safetensors"
HEADER_LIMIT = 100_000_000  # bytes; the safetensors format allows no longer header


def checkpoint(machine: Machine) -> Seen:
    """Whether the small trained model is there, and whether its files can be read."""
    models = machine.where.paths.models
    folder = models / CHECKPOINT
    restore = f"git restore {models.name}/{CHECKPOINT}"
    present = {path.name for path in machine.glob(folder, "*")}
    absent = [file for file in (*JSON_FILES, WEIGHTS) if file not in present]
    if absent:
        return missing(f"no {', '.join(absent)} in {folder}", restore)
    try:
        return ok(_contents(machine, folder))
    except ValueError as error:
        return missing(str(error), restore)


def hub_cache(machine: Machine) -> Seen:
    """Where downloaded models go and how much is there."""
    try:
        answer = machine.ask("hub")
    except ProbeError as error:
        return warning(str(error), remedies.pip(machine, "huggingface_hub>=1.0"))
    size = answer["bytes"] / 1e9
    held = f"{answer['repositories']} repositories, {size:.1f} GB" if size else "empty"
    return ok(f"{held}, at {answer['folder']}")


def _contents(machine: Machine, folder: Path) -> str:
    config, _tokenizer = (_parsed(machine.read(folder / file), file) for file in JSON_FILES)
    header, length = _header(machine, folder / WEIGHTS)
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    size = machine.size(folder / WEIGHTS)
    if not tensors or size != 8 + length + max(entry["data_offsets"][1] for entry in tensors):
        raise ValueError(f"{WEIGHTS} is cut short or damaged: {size} bytes")
    model = config.get("model_type", "model of unknown type")
    return f"{model}, {len(tensors)} tensors, {size / 1e6:.1f} MB"


def _header(machine: Machine, file: Path) -> tuple[dict[str, Any], int]:
    """The JSON header of a safetensors file and its length: 8 bytes little-endian, then JSON."""
    start = machine.read(file, 8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else HEADER_LIMIT + 1
    if length > HEADER_LIMIT:
        raise ValueError(f"{file.name} is not a safetensors file")
    return _parsed(machine.read(file, 8 + length)[8:], file.name), length


def _parsed(text: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{name} cannot be read: it holds no JSON object")
    return document


CHECKS = (
    Check(
        f"Checkpoint {CHECKPOINT}",
        "the chapters that read or run a trained model",
        checkpoint,
        "required",
    ),
    Check("Hugging Face cache", "running a full-size OLMo 2, which is downloaded once", hub_cache),
)
