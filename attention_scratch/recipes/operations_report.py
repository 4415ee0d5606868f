"""All operations models with several seeds: how well they answer, and how much that varies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attention_scratch.errors import require
from attention_scratch.files import write_atomically
from attention_scratch.recipes.operations import RECIPES, Recipe, train

FILE = "operations.json"
METHOD = (
    "Each model trained from nothing with each seed; accuracy on distinct expressions of the test "
    "split, which a hash keeps out of training; the whole answer has to be right."
)
CASES: tuple[tuple[str, int | None], ...] = (  # (model, depth it is trained to)
    ("digits", None),
    ("double", None),
    ("nested", None),
    ("nested", 2),
)


def train_all(
    out: Path,
    *,
    seeds: int = 3,
    recipes: Mapping[str, Recipe] = RECIPES,
    threads: int = 1,
    progress: bool = True,
) -> list[dict[str, Any]]:
    """Train every model with seeds 0, 1, …, each in a folder of ``out``; one run after the other.

    ``nested`` is also trained to depth 2 only, to show what it makes of the third level then.
    Folders of an earlier call that are complete are not trained again.

    Raises:
        InputError: fewer than one seed, or a folder that cannot be used.
    """
    require(seeds >= 1, "seeds", seeds, expected="1 or more", remedy="3 show a spread.")
    runs = []
    for name, depth in CASES:
        for seed in range(seeds):
            folder = Path(out) / f"{case(name, depth)}-{seed}"
            if (folder / "README.md").is_file():  # written last
                record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
            else:
                record = train(
                    name,
                    folder,
                    seed=seed,
                    depth=depth,
                    recipe=recipes[name],
                    threads=threads,
                    progress=progress,
                )
            runs.append({"case": case(name, depth), **_kept(record)})
    return runs


def case(name: str, depth: int | None) -> str:
    """What a model and the depth it is trained to are called."""
    return name if depth is None else f"{name}-to-depth-{depth}"


def summary(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each model and kind of expression: mean, least and greatest accuracy over the seeds."""
    found: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        for kind, measured in run["accuracy"].items():
            found.setdefault((run["case"], kind), []).append(measured["accuracy"])
    return [
        {
            "case": name,
            "expressions": kind,
            "seeds": len(values),
            "mean": round(sum(values) / len(values), 5),
            "min": min(values),
            "max": max(values),
        }
        for (name, kind), values in found.items()
    ]


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """The summary as lines to read."""
    return "\n".join(
        f"{row['case']:24} {row['expressions']:12} {row['mean']:8.2%}"
        f"  ({row['min']:.2%} to {row['max']:.2%}, {row['seeds']} seeds)"
        for row in summary(runs)
    )


def write(runs: Sequence[Mapping[str, Any]], reports: Path, provenance: Mapping[str, Any]) -> Path:
    """Write ``<reports>/<device>/accuracy/operations.json``, atomically; returns its path."""
    content = {
        "name": "operations",
        "title": "Operations models trained in NumPy",
        "method": METHOD,
        "summary": summary(runs),
        "runs": list(runs),
        "provenance": dict(provenance),
    }
    path = Path(reports) / str(provenance["device"]) / "accuracy" / FILE
    write_atomically(path, (json.dumps(content, indent=2) + "\n"))
    return path


def _kept(record: Mapping[str, Any]) -> dict[str, Any]:
    """What of a run's record belongs in the report."""
    names = ("seed", "parameters", "threads", "seconds", "processor_seconds", "accuracy")
    return {"steps": record["recipe"]["steps"]} | {name: record[name] for name in names}
