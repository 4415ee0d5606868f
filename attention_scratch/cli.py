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


@exercises_app.command("generate")
def exercises_generate() -> None:
    """Write the learners' notebooks from exercises/solutions/."""
    from attention_scratch.exercises import notebooks

    for path in notebooks.generate(settings().root):
        print(path.relative_to(settings().root))


@exercises_app.command("progress")
def exercises_progress() -> None:
    """What you have solved so far."""
    from attention_scratch.exercises import progress

    print(progress())
