"""All arms of the architecture lab with all seeds: run once, kept, and read back by the book."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.files import write_atomically
from attention_scratch.recipes import architecture_lab as lab
from attention_scratch.recipes.architecture_lab import Arm, Run

FILE = "architecture_lab.json"
METHOD = (
    f"Each arm trained from nothing for {lab.STEPS} steps of {lab.BATCH} expressions with each "
    "seed, in NumPy on one thread; accuracy on expressions of the test split, which a hash keeps "
    "out of training. All arms have the same number of parameters as nearly as the feed-forward "
    "width allows, and see the same expressions in the same order."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Lab:
    """What was measured: ``runs[arm name][i]`` is the run with ``seeds[i]``."""

    seeds: tuple[int, ...]
    arms: dict[str, dict[str, Any]]
    runs: dict[str, tuple[Run, ...]]
    provenance: dict[str, Any]

    def values(self, arm: str, metric: str) -> NDArray[np.float64]:
        """A metric of every seed, (seeds,): ``flat``, ``nested``, or an operation's name.

        Raises:
            InputError: an unknown arm.
        """
        return np.array([_metric(run, metric) for run in self.of(arm)], np.float64)

    def of(self, arm: str) -> tuple[Run, ...]:
        """The runs of an arm.

        Raises:
            InputError: there is none of that name.
        """
        if arm not in self.runs:
            raise InputError(
                "arm", arm, expected=f"one of {'; '.join(self.runs)}", remedy="Copy its name."
            )
        return self.runs[arm]


def run_all(
    cache: Path, *, arms: Sequence[Arm], seeds: Sequence[int] = lab.SEEDS, progress: bool = True
) -> dict[str, tuple[Run, ...]]:
    """Every arm with every seed; what ``cache`` holds from an interrupted call is not run again.

    The cache knows the settings of a run, not the code: empty it when ``nn`` has changed.
    """
    found: dict[tuple[str, int], Run] = {}
    pairs = [(seed, arm) for seed in seeds for arm in arms]  # a seed's expressions are drawn once
    bar = tqdm(pairs, disable=not progress, unit="run")
    for seed, arm in bar:
        bar.set_postfix_str(f"{arm.name}, seed {seed}", refresh=False)
        path = Path(cache) / f"{_fingerprint(arm, seed)}.json"
        if not path.is_file():
            text = json.dumps(dataclasses.asdict(lab.run(arm, seed)))
            write_atomically(path, text)
        found[arm.name, seed] = Run(**json.loads(path.read_text(encoding="utf-8")))
    return {arm.name: tuple(found[arm.name, seed] for seed in seeds) for arm in arms}


def write(
    runs: Mapping[str, Sequence[Run]],
    reports: Path,
    provenance: Mapping[str, Any],
    *,
    arms: Sequence[Arm],
    seeds: Sequence[int] = lab.SEEDS,
) -> Path:
    """Write ``<reports>/<device>/accuracy/architecture_lab.json``, atomically; returns its path."""
    content = {
        "name": "architecture_lab",
        "title": "The architecture lab",
        "method": METHOD,
        "settings": {"steps": lab.STEPS, "batch": lab.BATCH, "warmup": lab.WARMUP},
        "seeds": list(seeds),
        "arms": {arm.name: dataclasses.asdict(arm) for arm in arms},
        "runs": {name: [_rounded(run) for run in of] for name, of in runs.items()},
        "provenance": dict(provenance),
    }
    path = Path(reports) / str(provenance["device"]) / "accuracy" / FILE
    write_atomically(path, (json.dumps(content) + "\n"))
    return path


def load(reports: Path, device: str = "cpu") -> Lab:
    """What ``write`` wrote.

    Raises:
        MissingFileError: no report.
        InputError: a file of another shape.
    """
    path = Path(reports) / device / "accuracy" / FILE
    if not path.is_file():
        raise MissingFileError(
            path,
            expected="the lab's report",
            remedy="Run it: python benchmarks/architecture_lab.py",
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        runs = {name: tuple(Run(**run) for run in of) for name, of in raw["runs"].items()}
        return Lab(tuple(raw["seeds"]), raw["arms"], runs, raw["provenance"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            str(path),
            "a report we cannot read",
            expected="the lab's report",
            remedy=f"Run it again: python benchmarks/architecture_lab.py ({error}).",
        ) from error


def _metric(run: Run, metric: str) -> float:
    if metric in run.by_operation:
        return run.by_operation[metric]
    value = {"flat": run.flat, "nested": run.nested}[metric]
    return float("nan") if value is None else value


def _rounded(run: Run) -> dict[str, Any]:
    """A run with its losses and seconds as short as they are worth reading."""
    losses = [round(loss, 5) for loss in run.losses]
    return dataclasses.asdict(run) | {"losses": losses, "seconds": round(run.seconds, 2)}


def _fingerprint(arm: Arm, seed: int) -> str:
    settings = (lab.STEPS, lab.BATCH, lab.WARMUP, lab.EVALUATE_EVERY, lab.OPERANDS)
    text = json.dumps([dataclasses.asdict(arm), seed, settings], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
