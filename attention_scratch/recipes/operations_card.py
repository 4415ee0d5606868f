"""The model card of a trained operations model: what it answers, how well, how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attention_scratch.tasks.operations import OPERATIONS, TOKENS

CARD = """\
---
license: apache-2.0
tags: [transformer, numpy, education]
---

# operations-{name}

A {parameters:,}-parameter transformer decoder that answers {what}. It was trained by
*attention-scratch* in NumPy alone, backward passes by hand, in {minutes} of processor time
on {threads} {thread_word}. Every chapter of Part I can look inside it.

| | |
|---|---|
| questions | {questions} |
| architecture | decoder, {layers} layers, width {dim}, {heads} heads, SwiGLU of {hidden}, RMSNorm \
first in each block, rotary positions |
| vocabulary | {vocabulary} tokens: one an operation, a digit, a mark |
| weights | float32 |
| training | {steps:,} steps of {batch_size} new expressions, AdamW {learning_rate:g} with \
{warmup} steps of warm-up and a cosine, loss on {loss}, seed {seed} |

```python
from attention_scratch.tasks import operations

model = operations.load("models/operations-{name}")
model.answer({asked})  # {answered}
```

## Accuracy

On expressions of the test split: whether an expression is for training, validation or test is
decided by a hash of how it is written, so none of these was ever trained on. The whole answer has
to be right.

{table}

{remark}

## Examples

Drawn from the test split, not chosen.

{examples}

## Limits

It knows five operations, the numbers 0 to {largest}, at most {operands} operands an operation and
{depth_limit}; `answer` refuses anything else, because what a model says there is a guess
(`strict=False` asks it all the same).

## Data

Generated, without end, by `attention_scratch/tasks/operations`: operations, numbers of operands
and answers are equally frequent.

## License

Apache-2.0, as the project.

## Made with

```
{command}
```

`training.json` holds losses, accuracies, settings and versions.
"""

FLAT_REMARK = """\
*Balanced* expressions are grown from a uniformly drawn answer, as in training. In *independent*
ones every number is drawn by itself."""

NESTED_REMARK = """\
Balanced, as in training: expressions are grown from a uniformly drawn answer."""


def model_card(name: str, record: Mapping[str, Any]) -> str:
    """The card as Markdown, from the content of ``training.json``."""
    recipe = record["recipe"]
    task = recipe["task"]
    flat = task["depth"] == 1
    numbers = "digits" if task["largest"] == 9 else f"numbers from 0 to {task['largest']}"
    nesting = "" if flat else f", nested up to depth {task['depth']}"
    shown = sorted(record["examples"], key=lambda example: len(example["expression"]) > 32)[:2]
    return CARD.format(
        name=name,
        what=f"`First`, `Second`, `Last`, `Max` and `Min` of {numbers}{nesting}",
        questions=f"`{shown[0]['expression']}`, 1 to {task['operands']} {numbers} an operation"
        + nesting,
        minutes=_minutes(record["processor_seconds"]),
        thread_word="thread" if record["threads"] == 1 else "threads",
        vocabulary=len(TOKENS),
        loss="the answer and, where its parenthesis closes, each inner expression's value"
        if recipe["inner"]
        else "the answer's tokens only",
        asked=json.dumps([example["expression"] for example in shown]),
        answered=json.dumps([example["answer"] for example in shown]),
        table=_table(record["accuracy"]),
        remark=FLAT_REMARK if flat else NESTED_REMARK,
        examples="\n".join(_example(example) for example in record["examples"]),
        depth_limit="no nesting" if flat else f"{task['depth']} levels",
        **{key: task[key] for key in ("largest", "operands")},
        **{key: record[key] for key in ("parameters", "threads", "seed", "command")},
        **{
            key: recipe[key]
            for key in (
                *("layers", "dim", "heads", "hidden"),
                *("steps", "batch_size", "learning_rate", "warmup"),
            )
        },
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _table(accuracy: Mapping[str, Any]) -> str:
    lines = [
        "| | expressions | right | " + " | ".join(OPERATIONS) + " |",
        "|---" * (3 + len(OPERATIONS)) + "|",
    ]
    for kind, measured in accuracy.items():
        parts = [measured["by_operation"].get(operation) for operation in OPERATIONS]
        cells = " | ".join(map(_percent, [measured["accuracy"], *parts]))
        lines.append(f"| {kind} | {measured['expressions']:,} | {cells} |")
    return "\n".join(lines)


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.2f} %"


def _example(example: Mapping[str, str]) -> str:
    right = example["answer"] == example["truth"]
    verdict = "" if right else f" (wrong: {example['truth']})"
    return f"- `{example['expression']}` → {example['answer']}{verdict}"
