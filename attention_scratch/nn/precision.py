"""Mixed precision, emulated: what 16-bit numbers do to training, without what they are for.

On a GPU half the bytes are moved and matrix units multiply 16-bit numbers, several times faster.
NumPy multiplies float32, so here every number is kept in float32 but *rounded* to what float16 or
bfloat16 could hold: weights, the output of every layer, and the gradients on the way back. Sums
inside a layer are float32, as on a GPU. So this shows honestly what is lost (small gradients
vanish, large numbers overflow, a small step added to a 16-bit weight is lost) and what saves it
(float32 master weights, loss scaling); it shows nothing about speed or memory.

After Micikevicius et al., "Mixed precision training" (2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint import bfloat16_to_float32, float32_to_bfloat16
from attention_scratch.errors import InputError
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.parameters import FlatParameters

Format = Literal["float16", "bfloat16"]
FORMATS: tuple[Format, ...] = ("float16", "bfloat16")


def round_to(x: NDArray[Any], format: Format) -> NDArray[np.float32]:
    """``x`` rounded to a 16-bit format, to nearest with ties to even, as float32 again.

    float16 has 11 significant bits and ends at 65504 (larger is infinite; below 6e-8 nothing is
    left). bfloat16 has 8 significant bits and float32's range.

    Raises:
        InputError: another format.
    """
    check_format(format)
    if format == "bfloat16":
        return bfloat16_to_float32(float32_to_bfloat16(np.asarray(x, np.float32)))
    with np.errstate(over="ignore"):  # infinity is float16's answer
        return np.asarray(x).astype(np.float16).astype(np.float32)


def check_format(format: str) -> None:
    """One of the two formats.

    Raises:
        InputError: anything else.
    """
    if format not in FORMATS:
        raise InputError(
            "format", format, expected=" or ".join(FORMATS), remedy="Leave it out for float32."
        )


class LossScaler:
    """Multiplies the loss so that float16 gradients do not vanish; finds the factor itself.

    The factor doubles after ``interval`` good steps and is halved, the step left out, whenever a
    gradient overflowed: ``torch.amp.GradScaler``, whose rule and defaults these are.
    """

    def __init__(
        self,
        scale: float = 2.0**16,
        *,
        growth: float = 2.0,
        backoff: float = 0.5,
        interval: int = 2000,
    ) -> None:
        rules = (
            ("scale", scale, 0 < scale < math.inf, "more than 0"),
            ("growth", growth, 1 < growth < math.inf, "more than 1"),
            ("backoff", backoff, 0 < backoff < 1, "between 0 and 1"),
            ("interval", interval, interval >= 1, "1 or more"),
        )
        for field, given, fits, expected in rules:
            if not fits:
                raise InputError(field, given, expected=expected, remedy="Leave it out.")
        self.scale = scale
        self.growth = growth
        self.backoff = backoff
        self.interval = interval
        self.good = 0  # steps since the factor last changed

    def unscale(self, parameters: FlatParameters) -> bool:
        """Divide the gradients by the factor, adapt it, and say whether the step may be taken."""
        finite = bool(np.isfinite(parameters.grads).all())
        if not finite:
            self.scale *= self.backoff
            self.good = 0
            return False
        parameters.grads[:] /= self.scale
        self.good += 1
        if self.good == self.interval:
            self.scale *= self.growth
            self.good = 0
        return True

    def state(self) -> dict[str, float]:
        """What a continuation needs."""
        return {"scale": self.scale, "good": self.good}

    def load_state(self, state: dict[str, float]) -> None:
        """Continue from what ``state`` gave."""
        self.scale, self.good = state["scale"], int(state["good"])


class MixedPrecision:
    """A model that computes with 16-bit numbers while its optimizer moves float32 weights.

    Args:
        model: a float32 model.
        parameters: its ``flatten``.
        format: what the numbers are rounded to.
        scaler: scales the loss; bfloat16 has float32's range and does without.

    Raises:
        InputError: another format, or a float64 model.
    """

    def __init__(
        self,
        model: Layer,
        parameters: FlatParameters,
        format: Format,
        *,
        scaler: LossScaler | None = None,
    ) -> None:
        check_format(format)
        if parameters.values.dtype != np.float32:
            raise InputError(
                "model",
                f"parameters of {parameters.values.dtype}",
                expected="float32, the master copy",
                remedy="Build the model with dtype=np.float32.",
            )
        self.model = model
        self.parameters = parameters
        self.format = format
        self.scaler = scaler

    @property
    def scale(self) -> float:
        """What the loss is to be multiplied with."""
        return self.scaler.scale if self.scaler else 1.0

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Inside, forward and backward round; behind it the float32 weights are back.

        The gradients are rounded too, as they would be stored.
        """
        master = self.parameters.values.copy()
        self.parameters.values[:] = round_to(master, self.format)
        layers = list(self.model.layers())
        for layer in layers:
            layer.forward = self._rounded(layer.forward)
            layer.backward = self._rounded(layer.backward)
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # overflow is what scaling is for
                yield
        finally:
            for layer in layers:
                del layer.forward, layer.backward  # the class's own are found again
            self.parameters.values[:] = master
            self.parameters.grads[:] = round_to(self.parameters.grads, self.format)

    def unscale(self) -> bool:
        """Bring the gradients back to size; False when this step has to be left out."""
        return self.scaler.unscale(self.parameters) if self.scaler else True

    def _rounded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def rounded(*inputs: Any, **options: Any) -> Any:
            return self._round(function(*inputs, **options))

        return rounded

    def _round(self, output: Any) -> Any:
        if isinstance(output, tuple):
            return tuple(map(self._round, output))
        if isinstance(output, np.ndarray) and output.dtype.kind == "f":
            return round_to(output, self.format)
        return output
