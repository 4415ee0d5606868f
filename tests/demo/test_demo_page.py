"""The demo as a reader meets it in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from attention_scratch.demo import demo
from attention_scratch.nn.functional import softmax
from attention_scratch.nn.transformer import Decoder
from attention_scratch.tasks.operations import EOS, TOKENS, encode, evaluate, parse
from attention_scratch.viz import explore
from tests.demo.models import random_decoder, save
from tests.viz.widget_page import figures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def model() -> Decoder:
    return random_decoder({"dim": 64, "heads": 2, "hidden": 128})


@pytest.fixture(scope="module")
def html(model: Decoder, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = save(model, tmp_path_factory.mktemp("model"))
    return demo(folder, caption="Computed on this page.")._repr_html_()


@pytest.fixture
def page(browser: Browser, html: str) -> Iterator[Page]:
    with figures(browser, html) as seen:
        yield seen.page


def ask(page: Page, text: str) -> None:
    page.get_by_label("Expression").fill(text)
    page.keyboard.press("Enter")


def greedy(model: Decoder, text: str) -> tuple[list[int], list[list[tuple[str, float]]]]:
    """The ids read last, and the three likeliest tokens of each step, in NumPy."""
    ids, steps = encode(parse(text)), []
    while True:
        shares = softmax(model.forward(np.array([ids]))[0, -1].astype(float))
        order = np.argsort(-shares)
        steps.append([(TOKENS[i], float(shares[i])) for i in order[:3]])
        if order[0] == EOS or len(steps) == 3:
            return ids, steps
        ids.append(int(order[0]))


def explorer_says(page: Page) -> str:
    return str(page.locator(".as-explorer [aria-live]").inner_text())


@pytest.mark.parametrize("text", ["Max(First(2,8),Second(5,1))", "Min(7)", " Last( 1 , 2 ) "])
def test_answer_and_certainty_are_those_of_numpy(page: Page, model: Decoder, text: str) -> None:
    ask(page, text)
    read, steps = greedy(model, text)
    said = [TOKENS[i] for i in read[len(encode(parse(text))) :]]
    last = steps[-1][0][0]
    answer = "".join(said) if last == "<eos>" else "".join([*said, last])
    verdict = "That is right." if answer == str(evaluate(parse(text))) else "That is wrong: it is "
    shown = page.locator(".answer").inner_text()
    assert shown.startswith(f"The model answers {answer or 'nothing'}. {verdict}")
    drawn = [
        [tuple(c.inner_text().split(" ", 1)) for c in step.locator(".candidate").all()]
        for step in page.locator(".steps li").all()
    ]
    assert [[token for token, _ in step] for step in drawn] == [
        [token for token, _ in step] for step in steps
    ]
    for step, expected in zip(drawn, steps, strict=True):
        for (_, sure), (_, share) in zip(step, expected, strict=True):
            assert abs(float(sure.removeprefix("under ").removesuffix(" %")) - 100 * share) < 0.11


def test_the_attention_shown_is_that_of_numpy(page: Page, model: Decoder) -> None:
    text = "Max(First(2,8),Second(5,1))"
    ask(page, text)
    ids, _ = greedy(model, text)
    model.forward(np.array([ids]))
    weights = [layer[0] for layer in model.attention_weights]
    expected = explore(weights, [TOKENS[i] for i in ids])
    drawn = page.locator("canvas").evaluate_all(
        """all => all.map(canvas => {
          const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return Array.from(image.data).filter((_, i) => i % 4 === 3);
        })"""
    )
    levels = np.reshape(drawn, expected.levels.shape).astype(int)
    assert np.abs(levels - expected.levels.astype(int)).max() <= 1  # a weight at a rounding's edge
    arrow = ids.index(TOKENS.index("->"))
    assert explorer_says(page).startswith(f"Layer 1, head 1. Query {arrow} “->” looks at")


def test_the_chosen_head_stays_chosen_for_the_next_question(page: Page) -> None:
    page.get_by_role("radio", name="Layer 0, head 1").click()
    ask(page, "Min(4,2)")
    assert explorer_says(page).startswith("Layer 0, head 1. Query 6 “->”")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Foo(1)", "expression: got 'Foo' at character 1 of 'Foo(1)'; expected an operation: "),
        ("Max(3,5", "expression: got the text ends at character 8 of 'Max(3,5'; expected ')'"),
        ("Max(42)", "expression: got '42' at character 5 of 'Max(42)'; expected an operand from 0"),
        ("Max(1,2,3,4,5)", "operands of one operation of Max(1,2,3,4,5): got 5; expected at most"),
        ("Max(Max(Max(Max(1))))", "levels of Max(Max(Max(Max(1)))): got 4; expected at most 3"),
        ("", "expression: got the text ends at character 1 of ''; expected an operation first"),
    ],
)
def test_bad_input_is_one_message_under_the_box_and_no_old_answer(
    page: Page, text: str, message: str
) -> None:
    ask(page, text)
    alert = page.get_by_role("alert")
    assert alert.inner_text().startswith(message)
    box = page.get_by_label("Expression")
    assert box.get_attribute("aria-invalid") == "true"
    assert box.get_attribute("aria-describedby") == alert.get_attribute("id")
    assert not page.locator(".answer").is_visible()
    ask(page, "Max(3,5)")
    assert alert.inner_text() == ""
    assert box.get_attribute("aria-invalid") == "false"
    assert page.locator(".answer").is_visible()


def test_an_example_is_asked_at_a_press(page: Page) -> None:
    page.get_by_role("button", name="Min(7,3,9)").press("Enter")
    assert page.get_by_label("Expression").input_value() == "Min(7,3,9)"
    assert page.locator(".token").first.get_attribute("aria-label") == "0 Min"


def test_the_longest_expressions_of_the_task_are_answered(page: Page) -> None:
    inner = "Max(1,2,3)"
    middle = f"Last({','.join([inner] * 3)})"
    ask(page, f"Min({','.join([middle] * 3)})")
    assert page.locator(".answer").is_visible()
    assert page.locator(".token").count() > 90


def test_it_fits_its_window_and_every_reader(browser: Browser, html: str) -> None:
    with figures(browser, html) as seen:
        assert seen.faults() == {}
        ask(seen.page, "Max(First(2,8),Nothing(5,1))")
        assert seen.faults() == {}


def test_two_demos_on_a_page_keep_their_names_apart(browser: Browser, html: str) -> None:
    with figures(browser, html + html.replace("Ask the model", "Ask again")) as seen:
        first: Locator = seen.page.get_by_role("figure", name="Ask the model")
        again: Locator = seen.page.get_by_role("figure", name="Ask again")
        ids = [at.get_by_label("Expression").get_attribute("id") for at in (first, again)]
        assert len(set(ids)) == 2
