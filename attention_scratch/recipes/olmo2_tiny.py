"""The recipe of ``models/olmo2-tiny``: from a seed to a Hugging Face folder.

Corpus, tokenizer, training and export are in the modules beside this one; here they are put
together, after every input has been checked.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from attention_scratch.errors import InputError
from attention_scratch.files import write_atomically
from attention_scratch.models.config import ModelConfig
from attention_scratch.models.torch_model import Olmo2
from attention_scratch.recipes.corpus import (
    Corpus,
    batches,
    encode,
    make_corpus,
    read_documents,
    windows,
)
from attention_scratch.recipes.export import export, write_json
from attention_scratch.recipes.model_card import model_card
from attention_scratch.recipes.optimization import (
    Budget,
    History,
    Optimization,
    new_model,
    optimize,
    sample,
)
from attention_scratch.recipes.story_tokenizer import (
    END_OF_TEXT,
    PADDING,
    token_id,
    train_tokenizer,
)
from attention_scratch.tasks.stories import plots

DEVICES = ("auto", "cpu", "cuda")
PROMPTS = (
    "Once upon a time, there was",
    "One day, a boy named Tim went to",
    "Lily and Ben",
)
TEMPERATURE = 0.8


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a run that are not about this machine."""

    vocabulary_size: int = 2048
    hidden_size: int = 192
    intermediate_size: int = 512
    layers: int = 6
    heads: int = 6
    positions: int = 512
    stories: int = 45_000
    validation_stories: int = 500
    tokenizer_stories: int = 10_000
    text_repeats: int = 2
    sample_tokens: int = 250
    optimization: Optimization = field(default_factory=Optimization)

    def model_config(self, tokenizer: Tokenizer) -> ModelConfig:
        """OLMo 2's constants with this recipe's sizes."""
        return ModelConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.heads,
            max_position_embeddings=self.positions,
            rms_norm_eps=1e-6,
            rope_theta=500_000,
            eos_token_id=token_id(tokenizer, END_OF_TEXT),
            pad_token_id=token_id(tokenizer, PADDING),
        )


def train(
    out: Path,
    *,
    text: Path | Sequence[Path] | None = None,
    minutes: float = 62.0,
    steps: int | None = None,
    seed: int = 0,
    threads: int = 1,
    device: str = "auto",
    recipe: Recipe | None = None,
) -> Path:
    """Train a tiny OLMo 2 and write it to ``out``; returns ``out``.

    While it runs, ``<out>.partial`` holds the model of the last evaluation; it becomes ``out``
    in one rename at the end.

    Args:
        out: folder to make; it must not exist, or be empty.
        text: UTF-8 file or files to train on besides the generated stories.
        minutes: training time, corpus making aside.
        steps: number of steps instead of ``minutes``; the same seed then gives the same weights
            on the same machine.
        seed: of stories, initial values and order.
        threads: CPU threads for PyTorch.
        device: ``"auto"`` takes a GPU when there is one.
        recipe: sizes and optimization; the default is that of the shipped model.

    Raises:
        InputError: any argument that cannot be used, before anything is written.
        MissingFileError: a ``text`` file that does not exist.
    """
    out, recipe = Path(out), recipe or Recipe()
    partial = out.with_name(out.name + ".partial")
    files = [text] if isinstance(text, Path | str) else list(text or [])
    _check(out, partial, minutes=minutes, steps=steps, seed=seed, threads=threads, device=device)
    documents = [document for path in files for document in read_documents(Path(path))]
    place = torch.device("cuda" if _use_gpu(device) else "cpu")
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        run = _Run(recipe, Budget(minutes, steps), seed, threads, place, [Path(f) for f in files])
        run.execute(documents, partial)
    finally:
        torch.set_num_threads(threads_before)
    if out.exists():
        out.rmdir()
    partial.rename(out)
    return out


def _check(
    out: Path,
    partial: Path,
    *,
    minutes: float,
    steps: int | None,
    seed: int,
    threads: int,
    device: str,
) -> None:
    for field_name, folder in (("out", out), ("out", partial)):
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise InputError(
                field_name,
                str(folder),
                expected="a folder that does not exist yet or is empty",
                remedy="Give another folder, or move this one away.",
            )
    if not 0 < minutes < float("inf"):
        raise InputError(
            "minutes", minutes, expected="more than 0", remedy="The shipped model took 62."
        )
    if steps is not None and steps < 1:
        raise InputError(
            "steps", steps, expected="1 or more", remedy="Leave it out to train for minutes."
        )
    if seed < 0:
        raise InputError("seed", seed, expected="0 or more", remedy="The shipped model's is 0.")
    if threads < 1:
        raise InputError("threads", threads, expected="1 or more", remedy="1 is always right.")
    if device not in DEVICES:
        raise InputError("device", device, expected=", ".join(DEVICES), remedy="Choose one.")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "device",
            device,
            expected="a GPU that this PyTorch can use",
            remedy="Use device='cpu', or run attention-scratch doctor to see what is missing.",
        )


def _use_gpu(device: str) -> bool:
    return device == "cuda" or (device == "auto" and torch.cuda.is_available())


@dataclass(frozen=True, slots=True)
class _Run:
    """One training run: everything that was asked for."""

    recipe: Recipe
    budget: Budget
    seed: int
    threads: int
    device: torch.device
    files: list[Path]

    def execute(self, documents: list[str], folder: Path) -> None:
        """Make the corpus, train, and leave model, record and card in ``folder``."""
        recipe, settings = self.recipe, self.recipe.optimization
        corpus = make_corpus(
            story_count=recipe.stories,
            validation_count=recipe.validation_stories,
            documents=documents,
            repeats=recipe.text_repeats,
            seed=self.seed,
        )
        tokenizer = train_tokenizer(
            corpus.training[: recipe.tokenizer_stories], vocabulary_size=recipe.vocabulary_size
        )
        tokens = encode(tokenizer, corpus.training)
        held_out = {
            name: windows(encode(tokenizer, texts), length=settings.length)
            for name, texts in corpus.validation.items()
        }
        model = new_model(recipe.model_config(tokenizer), seed=self.seed)

        def save(history: History) -> None:
            samples = [self._sample(model, tokenizer, prompt) for prompt in PROMPTS]
            print(f"\n{history.evaluations[-1]}\n{samples[0]['text']}", flush=True)
            record = self._record(model, corpus, history, samples, documents=len(documents))
            export(folder, model, tokenizer)
            write_json(folder / "training.json", record)
            write_atomically(folder / "README.md", model_card(record))

        rng = np.random.default_rng(self.seed)
        stream = batches(tokens, length=settings.length, batch_size=settings.batch_size, rng=rng)
        optimize(
            model,
            stream,
            held_out,
            settings=settings,
            budget=self.budget,
            device=self.device,
            on_evaluation=save,
        )

    def _sample(self, model: Olmo2, tokenizer: Tokenizer, prompt: str) -> dict[str, str]:
        end = token_id(tokenizer, END_OF_TEXT)
        ids = [end, *tokenizer.encode(prompt).ids]
        written = sample(
            model,
            ids,
            end=end,
            tokens=self.recipe.sample_tokens,
            temperature=TEMPERATURE,
            seed=self.seed,
        )
        return {"prompt": prompt, "text": tokenizer.decode(written)}

    def _record(
        self,
        model: Olmo2,
        corpus: Corpus,
        history: History,
        samples: list[dict[str, str]],
        *,
        documents: int,
    ) -> dict[str, Any]:
        """The content of ``training.json``."""
        packages = ("numpy", "tokenizers", "torch", "safetensors")
        options = "".join(f" --text {path.name}" for path in self.files)
        return {
            "command": f"attention-scratch train olmo2-tiny --out models/olmo2-tiny{options}"
            f" --minutes {self.budget.minutes:g}",
            "seed": self.seed,
            "threads": self.threads,
            "device": self.device.type,
            "processor": platform.machine(),
            "versions": {name: version(name) for name in packages}
            | {"python": platform.python_version()},
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "config": model.config.to_hf_dict(),
            "recipe": dataclasses.asdict(self.recipe),
            "data": {
                "stories": self.recipe.stories,
                "plots": len(plots()),
                "files": [path.name for path in self.files],
                "documents": documents,
                "repeats": self.recipe.text_repeats,
                "training_characters": sum(map(len, corpus.training)),
                "validation": list(corpus.validation),
            },
            "steps": history.steps,
            "tokens": history.tokens,
            "minutes": round(history.seconds / 60, 2),
            "evaluations": history.evaluations,
            "temperature": TEMPERATURE,
            "samples": samples,
        }
