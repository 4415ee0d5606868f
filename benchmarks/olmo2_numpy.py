"""OLMo 2 in NumPy against Hugging Face transformers in float32, on the shipped model.

Both generate greedily with their caches, in one process, in turn; both may use every core.
"""

from __future__ import annotations

import numpy as np
import torch
from transformers import Olmo2ForCausalLM

from attention_scratch.bench import Report, Row, compare, provenance, write_report
from attention_scratch.config import settings
from attention_scratch.models import load_model

NEW_TOKENS = 128
PROMPT_LENGTHS = (32, 128, 384)


def main() -> None:
    """Measure, print, write ``reports/cpu/olmo2_numpy.json``."""
    folder = settings().paths.models / "olmo2-tiny"
    ours = load_model(folder)
    theirs = Olmo2ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rng = np.random.default_rng(0)
    vocabulary = ours.config.vocab_size - 2

    def decode_ours() -> list[int]:
        cache, token, seen = ours.new_cache(), 1, []
        for _ in range(NEW_TOKENS):
            token = int(ours.step(np.array([[token]]), cache).argmax())
            seen.append(token)
        return seen

    @torch.inference_mode()
    def decode_theirs() -> list[int]:
        cache, token, seen = None, torch.tensor([[1]]), []
        for _ in range(NEW_TOKENS):
            output = theirs(token, past_key_values=cache, use_cache=True)
            cache, token = output.past_key_values, output.logits[:, -1:].argmax(-1)
            seen.append(int(token))
        return seen

    if decode_ours() != decode_theirs():
        raise SystemExit("The two models wrote different tokens: nothing to compare.")
    rows = [
        Row.of(
            f"decode, {NEW_TOKENS} tokens one by one",
            compare(decode_ours, decode_theirs, rounds=11, label="decode"),
            goal=2.5,
        )
    ]
    for length in PROMPT_LENGTHS:
        ids = rng.integers(0, vocabulary, (1, length))
        tensor = torch.from_numpy(ids)

        def prefill_ours(ids: np.ndarray = ids) -> object:
            return ours.step(ids, ours.new_cache())

        @torch.inference_mode()
        def prefill_theirs(tensor: torch.Tensor = tensor) -> object:
            return theirs(tensor, use_cache=True, logits_to_keep=1).logits

        measured = compare(prefill_ours, prefill_theirs, rounds=41, warmup=5, label="prefill")
        rows.append(Row.of(f"prefill, {length} tokens at once", measured, goal=1.0))
    report = Report(
        name="olmo2_numpy",
        title="OLMo 2 in NumPy",
        peer="Hugging Face transformers, PyTorch float32, eager",
        method="Raw forward loops with KV caches on models/olmo2-tiny, batch 1, all cores, "
        "alternating order in one process; medians of paired ratios.",
        rows=tuple(rows),
        provenance=provenance(),
    )
    print(report.table())
    print(report.provenance.blas)
    print(write_report(report, settings().paths.reports))


if __name__ == "__main__":
    main()
