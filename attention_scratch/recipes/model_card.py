"""The model card of a trained tiny OLMo 2: what it is, from what, how good, how to make it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
tags: [olmo2, tiny, stories, education]
---

# olmo2-tiny

A {parameters:,}-parameter OLMo 2 that writes short stories for small children in simple English.
It exists so that every chapter of *attention-scratch* can run a real, trained model in the exact
Hugging Face layout of the released OLMo 2 checkpoints, offline and in seconds. It knows nothing
beyond its stories and is of no use for anything else.

| | |
|---|---|
| architecture | `Olmo2ForCausalLM`, {layers} layers, width {width}, {heads} heads \
({kv_heads} key-value), feed-forward {feed_forward}, {positions} positions |
| vocabulary | {vocabulary:,} tokens, byte-level BPE in OLMo 2's own shape; \
`<|endoftext|>` {end}, `<|pad|>` {padding} |
| weights | bfloat16, embeddings not tied |
| training | {tokens:,} tokens, {steps:,} steps, {minutes:.0f} minutes on {device} \
with {threads} thread(s), seed {seed} |
| validation | {validation} |

Begin a prompt with `<|endoftext|>` and an opening such as *Once upon a time, there was*.

## Samples

Temperature {temperature}, nothing else. The prompt is in bold.

{samples}

## Limits

A generated story has an entropy of at most 0.35 nats per token: the model is sure of most tokens,
and unsure where a story could go on differently. A prompt that no story begins with is bent
towards one. At temperature 0.8 about every second story has a slip, such as a pronoun, a name or
an animal that changes on the way.

## Data

{data}

## License

Apache-2.0, as the project: weights, tokenizer and the story generator are the project's own.

## Made with

```
{command}
```

A budget in minutes ends after a different number of steps on every machine; `steps={steps}` in
`attention_scratch.recipes.olmo2_tiny.train` fixes it. `training.json` holds the loss curve, the
settings and the versions.
"""

OWN_DATA = """\
{stories:,} stories from the project's own generator (`attention_scratch/tasks/stories.py`), \
{plots} plots,
written for this project. Validation: generated stories from another seed, those that also occur
in training left out."""

TEXT_DATA = """\

Besides, {documents:,} documents from {files}, given on the command line and not part of the
repository (every 20th is for validation only, the others are seen {repeats} times)."""


def model_card(record: Mapping[str, Any]) -> str:
    """The card as Markdown, from the content of ``training.json``."""
    config, data, last = record["config"], record["data"], record["evaluations"][-1]
    sources = OWN_DATA.format(stories=data["stories"], plots=data["plots"])
    if data["files"]:
        sources += TEXT_DATA.format(
            documents=data["documents"], files=", ".join(data["files"]), repeats=data["repeats"]
        )
    losses = [f"{last[name]:.3f} nats per token on {name}" for name in data["validation"]]
    quoted = [_quote(shown["prompt"], shown["text"]) for shown in record["samples"]]
    return CARD.format(
        parameters=record["parameters"],
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"],
        feed_forward=config["intermediate_size"],
        positions=config["max_position_embeddings"],
        vocabulary=config["vocab_size"],
        end=config["eos_token_id"],
        padding=config["pad_token_id"],
        tokens=record["tokens"],
        steps=record["steps"],
        minutes=record["minutes"],
        device=record["device"],
        threads=record["threads"],
        seed=record["seed"],
        validation="; ".join(losses),
        temperature=record["temperature"],
        samples="\n\n".join(quoted),
        data=sources,
        command=record["command"],
    )


def _quote(prompt: str, text: str) -> str:
    lines = (f"**{prompt}**" + text[len(prompt) :]).splitlines()
    return "\n>\n".join(f"> {line}" for line in lines if line)
