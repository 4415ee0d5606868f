"""A figure that carries a trained decoder and runs it: one ES module on the checkpoint's bytes."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attention_scratch.checkpoint import SafetensorsFile
from attention_scratch.errors import InputError, require
from attention_scratch.nn.transformer_config import TransformerConfig
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import TASKS, TOKENS, Task, parse
from attention_scratch.tasks.operations.model import WEIGHTS
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
}
EXAMPLES = (  # of which a demo takes those of its task
    "Max(First(2,8),Second(5,1))",
    "Last(Max(4,6),First(9,2,5))",
    "Second(Min(8,Max(1,5)),Last(0,7))",
    "Max(42,17,85)",
    "Second(30,64)",
    "Min(7,3,9)",
    "Second(4,1)",
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
    examples: Sequence[str] | None = None,
    title: str = "Ask the model",
    caption: str = "",
) -> Demo:
    """The demo of a checkpoint of the operations task.

    Args:
        folder: with ``config.json`` and ``model.safetensors``.
        examples: expressions of the checkpoint's task, at least one; some of ours if left out.
        title: above the figure, and its name to a screen reader.
        caption: below it.

    Raises:
        MissingFileError: the folder lacks a file.
        InputError: what ``operations.load`` refuses, an architecture that the page cannot
            compute, weights that are not float32, or an example that is none of the task.
    """
    model = operations.load(folder)
    config, task = model.network.config, model.task
    _check_computed(config)
    path = folder / WEIGHTS
    weights = path.read_bytes()
    _check_weights(path, len(weights))
    if examples is None:
        examples = [text for text in EXAMPLES if _is_of(text, task)]
    elif not examples:
        raise InputError("examples", "none", expected="at least one", remedy="Leave them out.")
    for example in examples:
        _check_example(example, task)
    return Demo(config, weights, task, tuple(examples), title, caption)


def _check_example(text: str, task: Task) -> None:
    task.check(parse(text, largest=task.largest))


def _is_of(text: str, task: Task) -> bool:
    try:
        _check_example(text, task)
    except InputError:
        return False
    return True


def _check_computed(config: TransformerConfig) -> None:
    for field, choices in COMPUTED.items():
        given = getattr(config, field)
        require(
            given in choices,
            field,
            given,
            expected=f"{', '.join(map(str, choices))}, which the page computes",
            remedy="Ask such a model in Python: operations.load(folder).answer([…]).",
        )


def _check_weights(path: Path, size: int) -> None:
    require(
        size <= MOST_BYTES,
        str(path),
        f"{size:,} bytes",
        expected=f"at most {MOST_BYTES:,}: a page carries all of them",
        remedy="Show a smaller model.",
    )
    for name, info in SafetensorsFile(path).tensors.items():
        require(
            info.dtype == "F32",
            f"{name} in {path}",
            f"dtype {info.dtype}",
            expected="F32",
            remedy="Save it with .astype(np.float32).",
        )
