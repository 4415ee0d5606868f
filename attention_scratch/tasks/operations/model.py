"""A trained model that answers: ``load("models/operations-digits").answer(["Max(3,5,7)"])``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_scratch.checkpoint import SafetensorsFile, save_file
from attention_scratch.decoding import Ids, greedy
from attention_scratch.errors import InputError, MissingFileError, require
from attention_scratch.files import write_atomically
from attention_scratch.nn import Decoder, TransformerConfig
from attention_scratch.tasks.operations.expression import LARGEST, Expression, evaluate
from attention_scratch.tasks.operations.parse import parse
from attention_scratch.tasks.operations.task import Task
from attention_scratch.tasks.operations.vocabulary import (
    ANSWER_TOKENS,
    EOS,
    TOKENS,
    decode,
    encode,
)

CONFIG, WEIGHTS = "config.json", "model.safetensors"
MODEL_TYPE = "attention_scratch.operations"
_ROWS = 256  # questions in one forward pass


class OperationsModel:
    """A decoder together with the task it was trained on."""

    def __init__(self, network: Decoder, task: Task) -> None:
        self.network = network
        self.task = task

    def next_logits(self, ids: Ids, lengths: Ids) -> NDArray[Any]:
        """Logits (N, V) of the token after the first ``lengths[n]`` of each row of ids (N, T)."""
        logits: NDArray[Any] = self.network.forward(ids, at=lengths[:, None] - 1)
        return logits[:, 0]

    def answer(self, expressions: Sequence[str | Expression], *, strict: bool = True) -> list[str]:
        """What the model says each expression is: digits, up to two of them.

        Questions of any lengths are answered together, greedily. An untrained model may say
        anything its vocabulary allows.

        Args:
            expressions: text such as ``"Max(3,5,7)"``, or expressions.
            strict: refuse what the model was not trained on; False asks it all the same.

        Raises:
            InputError: text that is no expression, or an expression outside the task.
        """
        require(
            not isinstance(expressions, str | Expression),
            "expressions",
            f"one of them, {str(expressions)!r}",
            expected="a list",
            remedy="Put it in brackets: answer([…]).",
        )
        questions = [encode(self._read(given, strict=strict)) for given in expressions]
        order = sorted(range(len(questions)), key=lambda place: len(questions[place]))
        answers = [""] * len(questions)
        for start in range(0, len(order), _ROWS):
            places = order[start : start + _ROWS]  # of like length: little padding
            written = greedy(
                self.next_logits,
                [questions[place] for place in places],
                max_new_tokens=ANSWER_TOKENS,
                eos=EOS,
            )
            for place, continuation in zip(places, written, strict=True):
                answers[place] = decode(continuation.tokens)
        return answers

    def right(self, expressions: Sequence[Expression], *, strict: bool = True) -> NDArray[np.bool_]:
        """For each expression, whether the model's answer is the true one, to the last digit."""
        answers = self.answer(expressions, strict=strict)
        truths = [str(evaluate(expression)) for expression in expressions]
        return np.array([a == t for a, t in zip(answers, truths, strict=True)], np.bool_)

    def accuracy(self, expressions: Sequence[Expression], *, strict: bool = True) -> float:
        """The part of the expressions that is answered right.

        Raises:
            InputError: no expressions, or one outside the task.
        """
        remedy = "Draw some first."
        require(expressions, "expressions", "none", expected="at least one", remedy=remedy)
        return float(self.right(expressions, strict=strict).mean())

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and ``model.safetensors``; the folder is made if missing."""
        config = {
            "model_type": MODEL_TYPE,
            "task": dataclasses.asdict(self.task),
            "transformer": self.network.config.to_dict(),
            "vocabulary": list(TOKENS),
        }
        save_file(dict(self.network.params), Path(folder) / WEIGHTS)
        text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
        write_atomically(Path(folder) / CONFIG, text)

    def _read(self, given: str | Expression, *, strict: bool) -> Expression:
        if isinstance(given, Expression):
            expression = given
        else:
            expression = parse(given, largest=self.task.largest if strict else LARGEST)
        if strict:
            self.task.check(expression)
        return expression


def load(folder: Path | str) -> OperationsModel:
    """A model from its folder: ``config.json`` and ``model.safetensors``.

    Raises:
        MissingFileError: no such folder or file.
        InputError: a file that is broken, of another kind of model, or of another architecture.
    """
    folder = Path(folder)
    if not (folder / CONFIG).is_file():
        raise MissingFileError(
            folder / CONFIG,
            expected="the configuration of an operations model",
            remedy="Shipped: models/operations-{digits,double,nested}; your own: "
            "attention-scratch train operations-digits --out FOLDER.",
        )
    task, config = _read_config(folder / CONFIG)
    network = Decoder(config, rng=np.random.default_rng(0))
    file = SafetensorsFile(folder / WEIGHTS)
    network.load({name: file.float32(name) for name in file.tensors})
    network.eval()
    return OperationsModel(network, task)


def _read_config(path: Path) -> tuple[Task, TransformerConfig]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["model_type"] != MODEL_TYPE or raw["vocabulary"] != list(TOKENS):
            raise ValueError("another model_type or vocabulary")
        task, transformer = Task(**raw["task"]), raw["transformer"]
        if not isinstance(transformer, Mapping):
            raise TypeError("transformer is no mapping")
    except InputError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            str(path),
            "a configuration we cannot use",
            expected=f"a {MODEL_TYPE} configuration with this vocabulary",
            remedy=f"Point to a folder that this package wrote ({type(error).__name__}: {error}).",
        ) from error
    return task, TransformerConfig.from_dict(transformer)
