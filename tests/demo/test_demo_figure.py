"""The demo as a notebook's cell hands it over: the checkpoint's own bytes, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup

from attention_scratch.checkpoint import save_file
from attention_scratch.demo import demo
from attention_scratch.demo.figure import WIDGET
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.tasks.operations import TOKENS
from tests.demo.models import random_decoder, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(random_decoder({}), tmp_path / "model")


def change(folder: Path, **fields: Any) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | fields), encoding="utf-8")


def test_the_page_carries_the_checkpoint_byte_for_byte(folder: Path) -> None:
    html = BeautifulSoup(demo(folder, caption="<b>")._repr_html_(), "html.parser")
    [script] = html.select('figure.as-demo > script[type="application/json"]')
    data = json.loads(script.string or "")
    assert base64.b64decode(data["tensors"]) == (folder / "model.safetensors").read_bytes()
    assert data["config"] == random_decoder({}).config.to_dict()
    assert data["tokens"] == list(TOKENS)
    assert data["task"] == {"name": "nested", "largest": 9, "operands": 4, "depth": 3}
    assert [task["name"] for task in data["tasks"]] == ["digits", "double", "nested"]
    assert html.figcaption is not None
    assert html.figcaption.get_text() == "<b>"


def test_without_script_the_page_says_what_to_do(folder: Path) -> None:
    stage = BeautifulSoup(demo(folder)._repr_html_(), "html.parser").select_one(".stage")
    assert stage is not None
    assert "needs JavaScript" in stage.get_text()


def test_the_module_is_small_and_asks_no_other_host(folder: Path) -> None:
    module = WIDGET.module()
    assert len(module.encode()) < 30_000
    assert not re.search(r"https?:|^import\b|import\(|fetch|url\(", module, re.MULTILINE)
    assert module.count("export ") == 1
    assert "https:" not in demo(folder)._repr_html_()


def test_its_own_examples_are_asked_if_they_are_of_the_task(folder: Path) -> None:
    assert demo(folder, examples=["Max(1,2)"]).data()["examples"] == ["Max(1,2)"]
    with pytest.raises(InputError, match=r"numbers of Max\(12,2\): got 12; expected at most 9"):
        demo(folder, examples=["Max(12,2)"])
    with pytest.raises(InputError, match="examples: got none"):
        demo(folder, examples=[])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("positions", "alibi"),
        ("positions", "relative"),
        ("activation", "gelu"),
        ("activation", "geglu"),
        ("causal", False),
        ("window", 4),
        ("stride", 2),
        ("vocab_size", 22),
    ],
)
def test_an_architecture_the_page_cannot_compute_is_refused_by_name(
    folder: Path, field: str, value: object
) -> None:
    change(folder, **{field: value})
    with pytest.raises(InputError, match=f"{field}: got {value}; expected .*, which the page"):
        demo(folder)


def test_weights_of_another_architecture_are_refused(folder: Path) -> None:
    change(folder, hidden=48)
    with pytest.raises(InputError, match=r"feed_forward\.gate\.weight"):
        demo(folder)


def test_weights_of_another_precision_are_refused(folder: Path) -> None:
    tensors = {name: v.astype(np.float16) for name, v in random_decoder({}).params.items()}
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(InputError, match="got dtype F16; expected F32"):
        demo(folder)


def test_a_model_too_large_for_a_page_is_refused(folder: Path) -> None:
    save(random_decoder({"hidden": 4000}), folder)
    with pytest.raises(InputError, match="bytes; expected at most 2,000,000"):
        demo(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_folder_without_a_checkpoint_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(MissingFileError, match=name):
        demo(folder)


def test_a_checkpoint_of_another_task_is_refused(folder: Path) -> None:
    change(folder, task="stories")
    with pytest.raises(InputError, match="got stories; expected one of digits, double, nested"):
        demo(folder)
