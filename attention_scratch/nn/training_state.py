"""Everything a training run needs to go on, in one safetensors file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint import SafetensorsFile, save_file
from attention_scratch.errors import InputError
from attention_scratch.nn.history import History
from attention_scratch.nn.layer import Layer
from attention_scratch.nn.optim import Optimizer
from attention_scratch.nn.precision import MixedPrecision
from attention_scratch.nn.schedule import Schedule

FILE = "training.safetensors"
_SERIES = ("losses", "rates", "norms")


class TrainingState:
    """Weights, moments, random generators and history of a run; the best weights if kept."""

    def __init__(
        self,
        model: Layer,
        optimizer: Optimizer,
        schedule: Schedule | None = None,
        precision: MixedPrecision | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.schedule = schedule
        self.precision = precision
        self.history = History()
        self.best: NDArray[Any] | None = None
        self._require_same_parameters()

    def remember_best(self) -> None:
        """Keep a copy of the weights as they are now."""
        self.best = self.optimizer.parameters.values.copy()
        self.history.best_step = self.history.steps

    def restore_best(self) -> None:
        """Go back to the weights that were kept, if any were."""
        if self.best is not None:
            self.optimizer.parameters.values[:] = self.best

    def open(self, folder: Path, *, resume: bool) -> None:
        """Continue from the folder's checkpoint if there is one and ``resume`` allows it.

        Raises:
            InputError: a checkpoint that is not to be continued, or of another run.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            return
        if not resume:
            raise InputError(
                "checkpoint",
                str(path),
                expected="a folder without a checkpoint, or resume=True",
                remedy="Continue it, or give another folder.",
            )
        self.load(folder)

    def save(self, folder: Path) -> None:
        """Write the checkpoint, atomically; the folder is made when it is missing."""
        parameters = self.optimizer.parameters
        tensors: dict[str, NDArray[Any]] = {
            f"model.{name}": parameters.values[part].reshape(parameters.shapes[name])
            for name, part in parameters.slices.items()
        }
        tensors |= {f"optimizer.{name}": a for name, a in self.optimizer.state().items()}
        tensors |= {f"history.{name}": np.array(getattr(self.history, name)) for name in _SERIES}
        if self.best is not None:
            tensors["best"] = self.best
        save_file(tensors, Path(folder) / FILE, metadata={"training": json.dumps(self._small())})

    def load(self, folder: Path) -> None:
        """Read the checkpoint back.

        Raises:
            InputError: a broken file, or the checkpoint of another model or optimizer; nothing is
                changed then.
        """
        path = Path(folder) / FILE
        file = SafetensorsFile(path)
        tensors = {name: np.array(file.stored(name)) for name in file.tensors}
        small = self._read_small(path, file.metadata, tensors)
        self._require_dtype(path, tensors)
        before = self.optimizer.parameters.values.copy()
        self.model.load(_under("model.", tensors))
        try:
            self.optimizer.load_state(_under("optimizer.", tensors))
        except InputError:
            self.optimizer.parameters.values[:] = before
            raise
        if self.schedule:
            self.schedule.load_state(small["schedule"])
        if self.precision and self.precision.scaler:
            self.precision.scaler.load_state(small["scaler"])
        for rng, state in zip(self._generators(), small["generators"], strict=True):
            rng.bit_generator.state = state
        series: dict[str, Any] = {name: tensors[f"history.{name}"].tolist() for name in _SERIES}
        self.history = History(**series, **small["history"])
        self.best = tensors.get("best")

    def _small(self) -> dict[str, Any]:
        """What is not an array, as JSON can hold it."""
        history = self.history
        scaler = self.precision.scaler if self.precision else None
        return {
            "run": self._kinds(),
            "schedule": self.schedule.state() if self.schedule else {},
            "scaler": scaler.state() if scaler else {},
            "generators": [rng.bit_generator.state for rng in self._generators()],
            "history": {
                "evaluations": history.evaluations,
                "seconds": history.seconds,
                "best_step": history.best_step,
                "stopped_early": history.stopped_early,
            },
        }

    def _kinds(self) -> dict[str, str]:
        """What has to be the same in a continuation, in words."""
        scaled = self.precision is not None and self.precision.scaler is not None
        return {
            "optimizer": type(self.optimizer).__name__,
            "schedule": type(self.schedule).__name__ if self.schedule else "none",
            "precision": self.precision.format if self.precision else "full",
            "loss scaling": "yes" if scaled else "no",
            "random generators": str(len(self._generators())),
        }

    def _read_small(
        self, path: Path, metadata: dict[str, str], tensors: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            small: dict[str, Any] = json.loads(metadata["training"])
            saved = dict(small["run"])
            complete = all(f"history.{name}" in tensors for name in _SERIES)
        except (KeyError, ValueError, TypeError) as error:
            raise _no_checkpoint(path) from error
        if not complete:
            raise _no_checkpoint(path)
        for name, own in self._kinds().items():
            if saved.get(name) != own:
                raise InputError(
                    f"{name} of {path}",
                    str(saved.get(name)),
                    expected=f"{own}, as in this run",
                    remedy="Continue with the settings the run began with.",
                )
        return small

    def _require_dtype(self, path: Path, tensors: dict[str, Any]) -> None:
        own = self.optimizer.parameters.values.dtype
        for name, tensor in tensors.items():
            if name.startswith("model.") and tensor.dtype != own:
                raise InputError(
                    f"{name} of {path}",
                    f"dtype {tensor.dtype}",
                    expected=f"{own}, as this model's",
                    remedy=f"Build the model with dtype=np.{tensor.dtype}.",
                )

    def _require_same_parameters(self) -> None:
        parameters, own = self.optimizer.parameters, self.model.params
        same = own.keys() == parameters.slices.keys() and all(
            np.shares_memory(array, parameters.values) for array in own.values()
        )
        if not same:
            raise InputError(
                "optimizer",
                "parameters of another model, or of an earlier flatten of this one",
                expected="the model's own",
                remedy="Build it with flatten(model), called once.",
            )

    def _generators(self) -> list[np.random.Generator]:
        """The random generators the model draws from, each once."""
        found = (getattr(layer, "rng", None) for layer in self.model.layers())
        return list({id(rng): rng for rng in found if rng is not None}.values())


def _under(prefix: str, tensors: dict[str, Any]) -> dict[str, Any]:
    """Entries whose name begins with ``prefix``, without it."""
    return {n.removeprefix(prefix): a for n, a in tensors.items() if n.startswith(prefix)}


def _no_checkpoint(path: Path) -> InputError:
    return InputError(
        str(path),
        "a safetensors file that no training wrote",
        expected="a checkpoint of attention_scratch.nn.train",
        remedy="Give the folder of a run, or another one.",
    )
