"""The shipped checkpoints in the browser: logits and answers are those of NumPy."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from attention_scratch.config import settings
from attention_scratch.demo import demo
from attention_scratch.tasks import operations
from attention_scratch.tasks.operations import TASKS, encode
from tests.demo.models import Call

pytestmark = pytest.mark.browser

TOLERANCE = 1e-4  # of a logit: NumPy computes in float32, JavaScript in float64
ANSWER = """(module, { config, tensors, tokens, questions }) => {
  const bytes = Uint8Array.from(atob(tensors), c => c.charCodeAt(0));
  const forward = module.decoder(config, module.readTensors(bytes));
  return questions.map(ids => [
    forward(ids).logits.map(row => Array.from(row)), module.answer(forward, ids, tokens).text,
  ]);
}"""


@pytest.mark.parametrize("task", TASKS)
def test_a_shipped_model_answers_in_the_browser_as_in_numpy(call: Call, task: str) -> None:
    folder = settings().paths.models / f"operations-{task}"
    model = operations.load(folder)
    asked = operations.distinct(TASKS[task], 60, rng=np.random.default_rng(3), split="test")
    questions = [encode(expression) for expression in asked]
    shown = demo(folder)
    data: dict[str, Any] = {
        "config": shown.config.to_dict(),
        "tensors": base64.b64encode(shown.weights).decode(),
        "tokens": list(operations.TOKENS),
        "questions": questions,
    }
    worst = 0.0
    answers = []
    for ids, (logits, answer) in zip(questions, call(ANSWER, data), strict=True):
        expected = model.network.forward(np.array([ids]))[0]
        worst = max(worst, float(np.abs(np.array(logits) - expected).max()))
        answers.append(answer)
    print(f"{folder.name}: logits within {worst:.1e}")
    assert worst <= TOLERANCE
    assert answers == model.answer(asked)
