"""A training run of ours against the same run in torch: autograd, torch.optim, torch's clipping."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from attention_scratch.models import torch_twin
from attention_scratch.nn import AdamW, CrossEntropy, Decoder, WarmupCosine, flatten
from attention_scratch.nn.train import train
from attention_scratch.recipes.operations import RECIPES, Recipe, training_batch
from attention_scratch.tasks.operations import PAD

STEPS = 100


def ours(model: Decoder, recipe: Recipe) -> list[float]:
    optimizer = AdamW(
        flatten(model),
        lr=recipe.learning_rate,
        betas=recipe.betas,
        weight_decay=recipe.weight_decay,
    )
    history = train(
        model,
        lambda number: training_batch(recipe, seed=0, number=number),
        CrossEntropy(ignore_index=PAD),
        optimizer,
        steps=STEPS,
        schedule=WarmupCosine(recipe.learning_rate, warmup=recipe.warmup, steps=recipe.steps),
        max_norm=recipe.gradient_norm,
        progress=False,
    )
    return history.losses


def theirs(model: torch.nn.Module, recipe: Recipe) -> list[float]:
    decayed = [value for value in model.parameters() if value.dim() > 1]
    others = [value for value in model.parameters() if value.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed}, {"params": others, "weight_decay": 0.0}],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        weight_decay=recipe.weight_decay,
    )
    warmup = torch.optim.lr_scheduler.LinearLR(
        optimizer, 1 / recipe.warmup, 1.0, total_iters=recipe.warmup - 1
    )
    losses = []
    for number in range(STEPS):
        batch = training_batch(recipe, seed=0, number=number)
        logits = model(torch.tensor(batch.inputs[0]), at=torch.tensor(batch.options["at"]))
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), torch.tensor(batch.targets).flatten(), ignore_index=PAD
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_norm)
        optimizer.step()
        warmup.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", ["digits", "nested"])
def test_a_hundred_steps_track_torchs(name: str) -> None:
    recipe = dataclasses.replace(RECIPES[name], batch_size=16 if name == "digits" else 8)
    model = Decoder(recipe.transformer(), rng=np.random.default_rng(0))
    twin = torch_twin.Decoder(recipe.transformer())
    twin.load_state_dict(torch_twin.to_torch(model.params))
    found, expected = np.array(ours(model, recipe)), np.array(theirs(twin, recipe))
    assert expected[-10:].mean() < 0.75 * expected[0]  # it does learn meanwhile
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    weights = torch_twin.to_numpy(twin)
    for key, value in model.params.items():
        np.testing.assert_allclose(value, weights[key], rtol=0, atol=2e-3, err_msg=key)
