"""A model's shape and constants, read from a Hugging Face ``config.json``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attention_scratch.errors import InputError, MissingFileError, require

SUPPORTED_MODEL_TYPES = ("olmo2",)
require_setting = partial(
    require, remedy="Check config.json against the OLMo 2 model you meant to load."
)


@dataclasses.dataclass(frozen=True, slots=True)
class ModelConfig:
    """OLMo 2's configuration, under Hugging Face's own names.

    Nothing that changes the arithmetic has a default: ``Olmo2Config()``'s defaults are not those
    of the released models, so a missing key is an error, never a guess.
    """

    vocab_size: int  # V
    hidden_size: int  # C
    intermediate_size: int  # F
    num_hidden_layers: int
    num_attention_heads: int  # H
    num_key_value_heads: int  # K
    max_position_embeddings: int
    rms_norm_eps: float
    rope_theta: float
    tie_word_embeddings: bool = False
    eos_token_id: int | None = None
    pad_token_id: int | None = None
    bos_token_id: int | None = None
    model_type: str = "olmo2"

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            require_setting(
                getattr(self, name) > 0, name, getattr(self, name), expected="a positive number"
            )
        require_setting(
            self.hidden_size % (2 * self.num_attention_heads) == 0,
            "hidden_size",
            self.hidden_size,
            expected=f"a multiple of 2 × num_attention_heads = {2 * self.num_attention_heads}",
        )
        require_setting(
            self.num_attention_heads % self.num_key_value_heads == 0,
            "num_key_value_heads",
            self.num_key_value_heads,
            expected=f"a divisor of num_attention_heads = {self.num_attention_heads}",
        )

    @property
    def head_dim(self) -> int:
        """Width D of one head."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def from_file(cls, path: Path) -> ModelConfig:
        """Read ``config.json``.

        Raises:
            MissingFileError: no such file.
            InputError: not JSON, a missing or mistyped key, an architecture we do not implement.
        """
        if not path.is_file():
            raise MissingFileError(
                path,
                expected="a Hugging Face config.json",
                remedy="Point to a folder in Hugging Face layout, such as models/olmo2-tiny.",
            )
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise InputError(
                str(path), "text that is not JSON", expected="JSON", remedy=f"Mend it: {error}"
            ) from error
        require_setting(
            isinstance(raw, dict), str(path), type(raw).__name__, expected="a JSON object"
        )
        return cls.from_dict(raw)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ModelConfig:
        """Take what we need from a decoded ``config.json``, of any transformers version.

        transformers 5 nests ``rope_theta`` in ``rope_parameters``; the released configurations
        have it at the top, beside ``rope_scaling: null``. Both are read.
        """
        model_type = raw.get("model_type")
        require_setting(
            model_type in SUPPORTED_MODEL_TYPES,
            "model_type",
            model_type,
            expected=" or ".join(SUPPORTED_MODEL_TYPES),
        )
        _refuse_other_arithmetic(raw)
        rope = raw.get("rope_parameters") or {}
        flat = {**raw, "rope_theta": raw.get("rope_theta", rope.get("rope_theta"))}
        return cls(
            **{name: _integer(flat, name) for name in _INTEGERS},
            rms_norm_eps=_number(flat, "rms_norm_eps"),
            rope_theta=_number(flat, "rope_theta"),
            tie_word_embeddings=bool(raw.get("tie_word_embeddings", False)),
            eos_token_id=raw.get("eos_token_id"),
            pad_token_id=raw.get("pad_token_id"),
            bos_token_id=raw.get("bos_token_id"),
            model_type=str(model_type),
        )

    def to_hf_dict(self, *, torch_dtype: str = "bfloat16") -> dict[str, Any]:
        """The ``config.json`` of a released OLMo 2 checkpoint with these values."""
        return {
            "architectures": ["Olmo2ForCausalLM"],
            "attention_bias": False,
            "attention_dropout": 0.0,
            **dataclasses.asdict(self),
            "hidden_act": "silu",
            "initializer_range": 0.02,
            "rope_scaling": None,
            "torch_dtype": torch_dtype,
            "transformers_version": "4.47.0",
            "use_cache": True,
        }


_INTEGERS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
)
_POSITIVE = (*_INTEGERS, "rms_norm_eps", "rope_theta")


def _refuse_other_arithmetic(raw: Mapping[str, Any]) -> None:
    """Refuse settings that would change the forward pass silently."""
    rope = raw.get("rope_parameters") or {}
    scaling = raw.get("rope_scaling") or {}
    rope_type = rope.get("rope_type") or scaling.get("rope_type") or scaling.get("type")
    require_setting(
        rope_type in (None, "default"), "rope type", rope_type, expected="default (no scaling)"
    )
    require_setting(
        raw.get("hidden_act", "silu") == "silu",
        "hidden_act",
        raw.get("hidden_act"),
        expected="silu",
    )
    require_setting(
        not raw.get("attention_bias"), "attention_bias", raw.get("attention_bias"), expected="false"
    )


def _integer(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    valid = isinstance(value, int) and not isinstance(value, bool)
    require_setting(valid, name, value, expected="an integer in config.json")
    assert isinstance(value, int)
    return value


def _number(raw: Mapping[str, Any], name: str) -> float:
    value = raw.get(name)
    valid = isinstance(value, int | float) and not isinstance(value, bool)
    require_setting(valid, name, value, expected="a number in config.json")
    assert isinstance(value, int | float)
    return float(value)
