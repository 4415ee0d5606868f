"""A figure to look around in the attention of a model: pick layer, head and query token."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_scratch.errors import InputError
from attention_scratch.viz.widget import Widget, as_json

MOST_BYTES = 200_000  # of data in a page, for one figure
LEVELS = 255  # weights are rounded to 1/255: a percentage is off by 0.2 at most
NAMED = 3  # keys a sentence names

FOLDER = Path(__file__).parent
WIDGET = Widget(
    "attention-explorer",
    "as-explorer",
    (FOLDER / "attention_explorer.js",),
    (FOLDER / "attention_explorer.css",),
)


@dataclass(frozen=True, slots=True, eq=False)
class Explorer:
    """Attention weights ready to be looked at: the last value of a cell shows them.

    Attributes:
        levels: ``(layers, H, T, T)``, the weights in units of 1/255.
        tokens: ``T`` of them, as they are shown.
        start: layer, head and query that are chosen at first.
    """

    levels: NDArray[np.uint8]
    tokens: tuple[str, ...]
    start: tuple[int, int, int]
    title: str
    caption: str

    def sentence(self, layer: int, head: int, query: int) -> str:
        """What one query looks at in one head, the largest weights first."""
        row = self.levels[layer, head, query]  # (T,)
        largest = [int(key) for key in np.argsort(-row.astype(int), kind="stable") if row[key]]
        named = [f"{self._token(key)} {percent(row[key])}" for key in largest[:NAMED]]
        looks = f"looks at {', '.join(named)}" if named else "looks at nothing"
        others = largest[NAMED:]
        if others:
            keys = f"{len(others)} more key{'s' if len(others) > 1 else ''}"
            looks += f"; {keys}: {percent(int(row[others].sum()))}"
        return f"Layer {layer}, head {head}. Query {self._token(query)} {looks}."

    def data(self) -> dict[str, Any]:
        """What the ES module shows, as JSON takes it: of causal weights only the lower triangle."""
        layers, heads, T, _ = self.levels.shape
        hidden = np.triu_indices(T, 1)
        causal = not self.levels[..., hidden[0], hidden[1]].any()
        rows, columns = np.tril_indices(T) if causal else np.divmod(np.arange(T * T), T)
        packed = np.ascontiguousarray(self.levels[..., rows, columns])
        return {
            "tokens": list(self.tokens),
            "layers": layers,
            "heads": heads,
            "causal": causal,
            "weights": base64.b64encode(packed.tobytes()).decode(),
            "start": list(self.start),
        }

    def __repr__(self) -> str:
        return f"{self.title}: {self.sentence(*self.start)}"

    def _repr_html_(self) -> str:
        return WIDGET.html(
            self.data(),
            title=self.title,
            caption=self.caption,
            without_script=self._without_script(),
        )

    def _without_script(self) -> str:
        """What the first query looks at, as a table, largest weights first."""
        layer, head, query = self.start
        row = self.levels[layer, head, query]
        keys = [key for key in np.argsort(-row.astype(int), kind="stable") if row[key]]
        rows = "".join(
            f'<tr><th scope="row">{key} {escape(self.tokens[key])}</th>'
            f"<td>{percent(row[key])}</td></tr>"
            for key in keys
        )
        name = f"{escape(self.title)}, table"
        return (
            f"<p>{escape(self.sentence(layer, head, query))}</p>"
            f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">'
            '<table><thead><tr><th scope="col">key</th><th scope="col">weight</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )

    def _token(self, place: int) -> str:
        return f"{place} “{self.tokens[place]}”"


def explore(
    weights: Sequence[ArrayLike] | NDArray[np.floating],
    tokens: Sequence[str],
    *,
    layer: int = 0,
    head: int = 0,
    query: int = -1,
    title: str = "What each token looks at",
    caption: str = "",
) -> Explorer:
    """A figure of every head's attention over one sequence of tokens.

    Args:
        weights: of each layer ``(H, T, T)``, the same H in all of them: a row for each query, a
            column for each key, numbers from 0 to 1.
        tokens: ``T`` of them.
        layer, head, query: what is shown first; negative numbers count from the end.
        title: above the figure, and its name to a screen reader.
        caption: below it.

    Raises:
        InputError: the weights are no such arrays or not from 0 to 1, the tokens do not fit them,
            a choice is out of range, or there is more than a page should carry.
    """
    stack = _stack(weights)
    layers, heads, T, _ = stack.shape
    if len(tokens) != T:
        raise InputError(
            "tokens",
            f"{len(tokens)} of them",
            expected=f"{T}, one a query and key",
            remedy="Pass the text of each token id, in order.",
        )
    start = (
        _place("layer", layer, layers),
        _place("head", head, heads),
        _place("query", query, T),
    )
    levels = np.rint(stack * LEVELS).astype(np.uint8)
    shown = tuple(visible(token) for token in tokens)
    explorer = Explorer(levels, shown, start, title, caption)
    size = len(as_json(explorer.data()).encode())
    if size > MOST_BYTES:
        raise InputError(
            "weights",
            f"shape {stack.shape}, {size:,} bytes as a figure",
            expected=f"at most {MOST_BYTES:,} bytes",
            remedy="Show fewer tokens, or some of the layers: weights[2:4].",
        )
    return explorer


def percent(level: int | np.integer[Any]) -> str:
    """A weight in units of 1/255 as people say it: ``"45 %"``."""
    share = (200 * int(level) + LEVELS) // (2 * LEVELS)  # rounded half up, as JavaScript does
    return "under 1 %" if share == 0 and level else f"{share} %"


def visible(token: str) -> str:
    """A token as one can see it: line ends and blanks get a sign where they stand alone."""
    token = token.replace("\n", "↵").replace("\t", "⇥")
    return token if token.strip() else "␣" * len(token) or "∅"


def _stack(weights: Sequence[ArrayLike] | NDArray[np.floating]) -> NDArray[np.float64]:
    arrays = [np.asarray(layer, dtype=np.float64) for layer in weights]
    shapes = {array.shape for array in arrays}
    fits = len(shapes) == 1 and all(len(s) == 3 and s[1] == s[2] and 0 not in s for s in shapes)
    if not fits:
        raise InputError(
            "weights",
            f"shapes {', '.join(map(str, sorted(shapes))) or 'none'}",
            expected="(H, T, T) for each layer, the same in all of them",
            remedy="Pick one sequence of a batch: [layer[0] for layer in weights].",
        )
    stack = np.stack(arrays)
    if not (stack.min() >= 0 and stack.max() <= 1 + 1e-6):  # false for NaN as well
        raise InputError(
            "weights",
            f"numbers from {stack.min():g} to {stack.max():g}",
            expected="0 to 1",
            remedy="Pass the weights behind the softmax, not the scores.",
        )
    return np.minimum(stack, 1.0)


def _place(field: str, given: int, size: int) -> int:
    if not -size <= given < size:
        raise InputError(
            field, given, expected=f"{-size} to {size - 1}", remedy="Count from 0, or from -1 back."
        )
    return given % size
