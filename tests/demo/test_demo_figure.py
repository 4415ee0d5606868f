"""The demo as a notebook's cell hands it over: the checkpoint's own bytes, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from attention_scratch.checkpoint import save_file
from attention_scratch.demo import demo
from attention_scratch.demo.figure import WIDGET
from attention_scratch.errors import InputError, MissingFileError
from attention_scratch.tasks.operations import TASKS, TOKENS, parse
from tests.demo.models import random_decoder, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(random_decoder({}), tmp_path / "model")


def test_the_page_carries_the_checkpoint_byte_for_byte(folder: Path) -> None:
    html = BeautifulSoup(demo(folder, caption="<b>")._repr_html_(), "html.parser")
    [script] = html.select('figure.as-demo > script[type="application/json"]')
    data = json.loads(script.string or "")
    assert base64.b64decode(data["tensors"]) == (folder / "model.safetensors").read_bytes()
    assert data["config"] == random_decoder({}).config.to_dict()
    assert data["tokens"] == list(TOKENS)
    assert data["task"] == {"name": "nested", "largest": 9, "operands": 3, "depth": 3}
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
    with pytest.raises(InputError, match=r"got '12' at character 5 .* an operand from 0 to 9"):
        demo(folder, examples=["Max(12,2)"])
    with pytest.raises(InputError, match="examples: got none"):
        demo(folder, examples=[])


@pytest.mark.parametrize("task", TASKS)
def test_the_examples_we_chose_are_of_the_task(tmp_path: Path, task: str) -> None:
    examples = demo(save(random_decoder({}), tmp_path, task=task)).examples
    assert len(examples) >= 2
    for example in examples:
        TASKS[task].check(parse(example))


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
    ],
)
def test_an_architecture_the_page_cannot_compute_is_refused_by_name(
    tmp_path: Path, field: str, value: object
) -> None:
    folder = save(random_decoder({field: value}), tmp_path)
    with pytest.raises(InputError, match=f"{field}: got {value}; expected .*, which the page"):
        demo(folder)


def test_weights_of_another_architecture_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["transformer"]["hidden"] = 48
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
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
