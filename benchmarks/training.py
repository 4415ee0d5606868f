"""A training step in NumPy against the same model's in PyTorch, on one thread and on two.

Both start from the same weights, see the same batch and are asked for the same loss; a step is
forward, loss, backward and AdamW. PyTorch runs eagerly, with its fused AdamW.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from attention_scratch.bench import Report, Row, compare, provenance, write_report
from attention_scratch.bench.blas import unpin
from attention_scratch.config import settings
from attention_scratch.models import torch_twin
from attention_scratch.nn import AdamW, CrossEntropy, Decoder, Encoder, TransformerConfig, flatten

BATCH, LENGTH, VOCABULARY, CLASSES = 64, 24, 21, 10
TOLERANCE = 1e-4
OPERATIONS = TransformerConfig(vocab_size=VOCABULARY, dim=64, layers=2, heads=2, hidden=128)
CLASSIC = TransformerConfig(
    vocab_size=VOCABULARY,
    dim=64,
    layers=2,
    heads=4,
    hidden=256,
    positions="learned",
    norm="layer",
    order="post",
    activation="relu",
    bias=True,
    causal=False,
)
CASES = {
    "decoder, loss on the answers": (OPERATIONS, "answers"),
    "decoder, loss on every token": (OPERATIONS, "tokens"),
    "encoder of 2017, one class a sequence": (CLASSIC, "classes"),
}
Step = Callable[[], float]


def steps(config: TransformerConfig, loss_on: str) -> tuple[Step, Step]:
    """One training step of ours and of torch's, each on its own copy of the same weights."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, VOCABULARY, (BATCH, LENGTH))
    lengths = rng.integers(LENGTH // 2, LENGTH + 1, BATCH)
    mask = np.arange(LENGTH) < lengths[:, None]
    options = {}
    ours: Decoder | Encoder
    if loss_on == "classes":
        ours = Encoder(config, classes=CLASSES, rng=rng)
        theirs = torch_twin.Encoder(config, classes=CLASSES)
        targets = rng.integers(0, CLASSES, BATCH)
    else:
        ours, theirs = Decoder(config, rng=rng), torch_twin.Decoder(config)
        shape = (BATCH, 1) if loss_on == "answers" else (BATCH, LENGTH)
        targets = rng.integers(0, VOCABULARY, shape)
        options = {"at": (lengths - 1)[:, None]} if loss_on == "answers" else {}
    theirs.load_state_dict(torch_twin.to_torch(ours.params))
    flat, loss = flatten(ours), CrossEntropy()
    optimizer = AdamW(flat, lr=1e-3)
    their_optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-3, fused=True)
    their_ids, their_mask, their_targets = map(torch.from_numpy, (ids, mask, targets))
    their_options = {name: torch.from_numpy(x) for name, x in options.items()}

    def our_step() -> float:
        flat.grads[:] = 0
        value = loss.forward(ours.forward(ids, mask, **options), targets)
        ours.backward(loss.backward())
        optimizer.step()
        return value

    def their_step() -> float:
        their_optimizer.zero_grad(set_to_none=True)
        logits = theirs(their_ids, their_mask, **their_options)
        value = torch.nn.functional.cross_entropy(logits.flatten(0, -2), their_targets.flatten())
        value.backward()
        their_optimizer.step()
        return value.item()

    first = our_step(), their_step()
    if abs(first[0] - first[1]) > TOLERANCE:
        raise SystemExit(f"The first losses are {first[0]} and {first[1]}: nothing to compare.")
    return our_step, their_step


def main() -> None:
    """Measure, print, write ``reports/cpu/training.json``."""
    unpin()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=201, help="steps of each, a case")
    rounds = parser.parse_args().rounds
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with threadpool_limits(threads, user_api="blas"):
            for name, case in CASES.items():
                name = f"{name}, {threads} thread{'s' * (threads > 1)}"
                measured = compare(*steps(*case), rounds=rounds, warmup=10, label=name)
                rows.append(Row.of(name, measured, goal=1.0))
    report = Report(
        name="training",
        title="A training step in NumPy",
        peer="PyTorch float32, eager, fused AdamW",
        method=f"Batches of {BATCH} sequences of {LENGTH} tokens, width {OPERATIONS.dim}, "
        f"{OPERATIONS.layers} layers; forward, loss, backward, AdamW; {rounds} steps of each in "
        "alternating order in one process; medians of paired ratios.",
        rows=tuple(rows),
        provenance=provenance(),
    )
    print(report.table())
    print(report.provenance.blas)
    print(write_report(report, settings().paths.reports))


if __name__ == "__main__":
    main()
