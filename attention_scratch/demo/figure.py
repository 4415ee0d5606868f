"""A figure that carries a trained decoder and runs it: one ES module on the checkpoint's bytes."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attention_scratch.checkpoint import SafetensorsFile, load_file
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.nn.transformer import Decoder, TransformerConfig
from attention_scratch.tasks.operations import TASKS, TOKENS, Task, parse
from attention_scratch.viz import attention_explorer
from attention_scratch.viz.widget import Widget

FOLDER = Path(__file__).parent
WIDGET = Widget(
    "operations-demo",
    "as-demo",
    (
        *attention_explorer.WIDGET.modules,
        FOLDER / "decoder.js",
        FOLDER / "expression.js",
        FOLDER / "demo.js",
    ),
    (*attention_explorer.WIDGET.styles, FOLDER / "demo.css"),
)

# What decoder.js computes; a configuration that asks for anything else is refused by name.
COMPUTED: dict[str, tuple[object, ...]] = {
    "positions": ("rotary", "learned", "sinusoidal", "none"),
    "norm": ("rms", "layer", "none"),
    "order": ("pre", "post", "olmo2"),
    "activation": ("swiglu", "gelu_tanh", "relu", "silu", "mish"),
    "causal": (True,),
    "window": (None,),
    "stride": (None,),
    "vocab_size": (len(TOKENS),),
}
EXAMPLES = (
    "Max(First(2,8),Second(5,1))",
    "Min(7,3,9)",
    "Last(Max(4,6),First(9,2,5))",
    "Second(Min(8,Max(1,5)),Last(0,7))",
)
MOST_BYTES = 2_000_000  # of weights in a page


@dataclass(frozen=True, slots=True, eq=False)
class Demo:
    """A checkpoint ready to answer on a page: the last value of a cell shows it.

    Attributes:
        config: of the decoder.
        weights: the bytes of its ``model.safetensors``, float32.
        task: what it was trained on; expressions outside are refused.
        examples: what is asked first, and what can be picked.
    """

    config: TransformerConfig
    weights: bytes
    task: Task
    examples: tuple[str, ...]
    title: str
    caption: str

    def data(self) -> dict[str, Any]:
        """What the ES module needs, as JSON takes it."""
        return {
            "config": self.config.to_dict(),
            "tensors": base64.b64encode(self.weights).decode(),
            "tokens": list(TOKENS),
            "task": dataclasses.asdict(self.task),
            "tasks": [dataclasses.asdict(task) for task in TASKS.values()],
            "examples": list(self.examples),
        }

    def __repr__(self) -> str:
        return f"{self.title}: task {self.task.name!r}, {self.config}"

    def _repr_html_(self) -> str:
        without = (
            "<p>This figure runs the model in your browser, so it needs JavaScript. Without it, "
            "the same model answers in Python: "
            "<code>attention_scratch.tasks.operations.load(folder).answer([…])</code>.</p>"
        )
        return WIDGET.html(
            self.data(), title=self.title, caption=self.caption, without_script=without
        )


def demo(
    folder: Path,
    *,
    examples: Sequence[str] = EXAMPLES,
    title: str = "Ask the model",
    caption: str = "",
) -> Demo:
    """The demo of a checkpoint of the operations task.

    Args:
        folder: with ``config.json`` and ``model.safetensors``.
        examples: expressions of the checkpoint's task, at least one.
        title: above the figure, and its name to a screen reader.
        caption: below it.

    Raises:
        MissingFileError: the folder lacks a file.
        InputError: the checkpoint is of another architecture, or of one that the page cannot
            compute; an example is no expression of its task.
    """
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise MissingFileError(
                folder / name,
                expected="a checkpoint of the operations task",
                remedy="attention-scratch train operations-nested writes one.",
            )
    config, task = _read_config(folder / "config.json")
    _check_computed(config)
    weights = (folder / "model.safetensors").read_bytes()
    _check_weights(folder / "model.safetensors", config, len(weights))
    if not examples:
        raise InputError("examples", "none", expected="at least one", remedy="Leave them out.")
    for example in examples:
        task.check(parse(example))
    return Demo(config, weights, task, tuple(examples), title, caption)


def _read_config(path: Path) -> tuple[TransformerConfig, Task]:
    fields = json.loads(path.read_text(encoding="utf-8"))
    name = fields.pop("task", None)
    if name not in TASKS:
        raise InputError(
            f"task in {path}",
            name,
            expected=f"one of {', '.join(TASKS)}",
            remedy="This is no checkpoint of the operations task.",
        )
    return TransformerConfig.from_dict(fields), TASKS[name]


def _check_computed(config: TransformerConfig) -> None:
    for field, choices in COMPUTED.items():
        given = getattr(config, field)
        if given not in choices:
            raise InputError(
                field,
                given,
                expected=f"{', '.join(map(str, choices))}, which the page computes",
                remedy="Ask such a model in Python: operations.load(folder).answer([…]).",
            )


def _check_weights(path: Path, config: TransformerConfig, size: int) -> None:
    if size > MOST_BYTES:
        raise InputError(
            str(path),
            f"{size:,} bytes",
            expected=f"at most {MOST_BYTES:,}: a page carries all of them",
            remedy="Show a smaller model.",
        )
    for name, info in SafetensorsFile(path).tensors.items():
        if info.dtype != "F32":
            raise InputError(
                f"{name} in {path}",
                f"dtype {info.dtype}",
                expected="F32",
                remedy="Save it with .astype(np.float32).",
            )
    Decoder(config, rng=np.random.default_rng(0)).load(load_file(path))
