"""Positions, norms, activations, attention patterns: every arm of the lab, four seeds each.

Writes ``reports/cpu/accuracy/architecture_lab.json``, which chapter 07 draws from. An interrupted
call goes on where it stopped; ``--fresh`` forgets what was run before.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil

from threadpoolctl import threadpool_limits

from attention_scratch.bench import provenance
from attention_scratch.bench.interval import difference_interval, mean_interval
from attention_scratch.config import settings
from attention_scratch.recipes import architecture_lab, architecture_lab_report


def main() -> None:
    """Run what is missing, print each arm beside the baseline, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="run everything again")
    cache = settings().root / "_build" / "architecture_lab"
    if parser.parse_args().fresh:
        shutil.rmtree(cache, ignore_errors=True)
    arms = architecture_lab.arms()
    with threadpool_limits(1):
        runs = architecture_lab_report.run_all(cache, arms=arms)
    path = architecture_lab_report.write(
        runs, settings().paths.reports, dataclasses.asdict(provenance()), arms=arms
    )
    lab = architecture_lab_report.load(settings().paths.reports)
    for arm in arms:
        metric = "nested" if arm.task.depth > 1 else "flat"
        values = lab.values(arm.name, metric)
        mean = mean_interval(values)
        against = difference_interval(values, lab.values(arms[0].name, metric))
        print(
            f"{arm.name:64} {metric} {mean.mean:6.1%} ± {mean.half:5.1%}"
            f"   against the baseline {against.mean:+6.1%} ± {against.half:5.1%}"
        )
    seconds = sum(run.seconds for of in runs.values() for run in of)
    print(f"{seconds / 60:.1f} minutes of processor time")
    print(path)


if __name__ == "__main__":
    main()
