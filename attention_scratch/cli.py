"""``attention-scratch …``: one thin function per command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from attention_scratch.config import settings
from attention_scratch.errors import AttentionScratchError

app = typer.Typer(
    help="From a NumPy softmax to a serving engine on CUDA kernels you wrote.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(help="Train a checkpoint the book ships.", no_args_is_help=True)
exercises_app = typer.Typer(help="The exercises and your progress.", no_args_is_help=True)
app.add_typer(train_app, name="train")
app.add_typer(exercises_app, name="exercises")


OperationsOut = Annotated[
    Path, typer.Option("--out", help="Folder to write; must not hold anything.")
]
OperationsSeed = Annotated[int, typer.Option("--seed", help="Seed of weights and expressions.")]
OperationsThreads = Annotated[int, typer.Option("--threads", help="CPU threads of NumPy.")]


def main() -> None:
    """Entry point: the package's own errors become one line and exit status 2."""
    try:
        app()
    except AttentionScratchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


@app.command()
def doctor(
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Write reports/environment.{md,html,json}.")
    ] = False,
) -> None:
    """What this machine has, what is missing, and the command that mends it.

    Exit status: 0 ready, GPU included; 10 ready without a GPU; 1 not ready.
    """
    from attention_scratch import doctor as checks

    folder = settings().paths.reports if report else None
    raise typer.Exit(checks.main(json_output=json_output, report=folder))


@app.command()
def generate(
    prompt: str,
    model: Annotated[Path | None, typer.Option(help="Folder in Hugging Face layout.")] = None,
    max_new_tokens: Annotated[int, typer.Option(help="Most tokens to write.")] = 200,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
) -> None:
    """Continue PROMPT with OLMo 2 in NumPy."""
    from attention_scratch.models import text

    folder = model or settings().paths.models / "olmo2-tiny"
    for piece in text.continue_text(
        folder, prompt, max_new_tokens=max_new_tokens, temperature=temperature, seed=seed
    ):
        print(piece, end="", flush=True)
    print()


@app.command("demo")
def demo_command(
    model: Annotated[Path | None, typer.Option(help="Folder of an operations checkpoint.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine.")] = 8010,
) -> None:
    """Serve the live demo: type an expression, see tokens, attention and answer."""
    from attention_scratch import demo

    folder = model or settings().paths.models / "operations-nested"
    demo.serve(demo.demo(folder), port)


@train_app.command("olmo2-tiny")
def train_olmo2_tiny(
    out: Annotated[Path, typer.Option(help="Folder to write; must not hold anything.")],
    text: Annotated[
        list[Path] | None, typer.Option(help="More text to train on, beside our own stories.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="Training time.")] = 62.0,
    seed: Annotated[int, typer.Option(help="Seed of data order and initial weights.")] = 0,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Train models/olmo2-tiny anew: our story generator, then OLMo 2 in PyTorch."""
    from attention_scratch.recipes import olmo2_tiny

    olmo2_tiny.train(
        out, text=text or [], minutes=minutes, seed=seed, threads=threads, device=device
    )


@train_app.command("operations-digits")
def train_operations_digits(
    out: OperationsOut, seed: OperationsSeed = 0, threads: OperationsThreads = 1
) -> None:
    """Train models/operations-digits anew: Max(3,5,7) is 7. About a minute."""
    _train_operations("digits", out, seed=seed, threads=threads)


@train_app.command("operations-double")
def train_operations_double(
    out: OperationsOut, seed: OperationsSeed = 0, threads: OperationsThreads = 1
) -> None:
    """Train models/operations-double anew: Min(42,7,99) is 7."""
    _train_operations("double", out, seed=seed, threads=threads)


@train_app.command("operations-nested")
def train_operations_nested(
    out: OperationsOut,
    seed: OperationsSeed = 0,
    threads: OperationsThreads = 1,
    depth: Annotated[int, typer.Option(help="Deepest nesting to train on: 2 or 3.")] = 3,
) -> None:
    """Train models/operations-nested anew: Max(First(2,8),Second(1,5)) is 5."""
    _train_operations("nested", out, seed=seed, threads=threads, depth=depth)


@train_app.command("operations-report")
def train_operations_report(
    out: Annotated[Path, typer.Option(help="Folder for all the models; must not hold anything.")],
    seeds: Annotated[int, typer.Option(help="How many seeds, from 0.")] = 3,
    threads: OperationsThreads = 1,
) -> None:
    """Train every operations model with several seeds; write their accuracies to reports/."""
    import dataclasses

    from attention_scratch.bench.provenance import provenance
    from attention_scratch.recipes import operations_report as report

    runs = report.train_all(out, seeds=seeds, threads=threads)
    print(report.table(runs))
    print(report.write(runs, settings().paths.reports, dataclasses.asdict(provenance())))


def _train_operations(
    name: str, out: Path, *, seed: int, threads: int, depth: int | None = None
) -> None:
    from attention_scratch.recipes import operations

    record = operations.train(name, out, seed=seed, threads=threads, depth=depth)
    for kind, measured in record["accuracy"].items():
        print(f"{kind}: {measured['accuracy']:.2%} of {measured['expressions']} unseen expressions")


@exercises_app.command("generate")
def exercises_generate() -> None:
    """Write the learners' notebooks from the solution notebooks."""
    from attention_scratch.exercises import notebooks

    for path in notebooks.generate(settings().root):
        print(path.relative_to(settings().root))


@exercises_app.command("progress")
def exercises_progress() -> None:
    """What you have solved so far."""
    from attention_scratch.exercises import progress

    print(progress())
