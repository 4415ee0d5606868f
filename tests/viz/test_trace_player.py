"""The player as a notebook's cell hands it over: data, fallback, limits."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup

from attention_scratch import viz
from attention_scratch.errors import InputError
from attention_scratch.viz import trace_steps as ts
from attention_scratch.viz.trace_player import MOST_BYTES, ROWS_WITHOUT_SCRIPT
from tests.viz.trace_kernels import Recorded, block_sum, record, strided, touch, transpose


def player(recorded: Recorded, **words: str) -> viz.Player:
    r = recorded
    return viz.play(r.events, r.names, r.source, r.block_dim, **words)


def page(recorded: Recorded, **words: str) -> BeautifulSoup:
    return BeautifulSoup(player(recorded, **words)._repr_html_(), "html.parser")


def embedded(recorded: Recorded) -> Any:
    [script] = page(recorded).select('script[type="application/json"]')
    return json.loads(script.string or "")


def lanes_of(mask: int) -> list[int]:
    return [lane for lane in range(32) if mask >> lane & 1]


def test_the_page_carries_every_access_of_the_trace() -> None:
    recorded = block_sum()
    carried = set()
    for warp in embedded(recorded)["warps"]:
        for step in warp["steps"]:
            lanes = lanes_of(step["n"])
            first, apart = step.get("f", (0, 0))
            at = step.get("o", [first + i * apart for i in range(len(lanes))])
            if step["k"] <= ts.ATOMIC:
                carried |= {
                    (32 * warp["warp"] + lane, step["k"], step["a"], offset)
                    for lane, offset in zip(lanes, at, strict=True)
                }
    events = recorded.events[recorded.events["kind"] <= ts.ATOMIC]
    fields = ("thread", "kind", "array", "offset")
    assert carried == {tuple(int(event[field]) for field in fields) for event in events}


def test_a_shared_array_is_placed_where_it_begins() -> None:
    def kernel(t: int) -> Any:
        yield touch(ts.WRITE, 3, 0, t + 2, space=ts.SHARED, base=256, size=8)

    [array] = embedded(record(kernel, 32, ("pairs",)))["arrays"]
    assert array == {"name": "pairs", "base": 256, "element": 8}


def test_the_summary_is_a_sentence_for_each_step() -> None:
    made = player(transpose())
    assert made.summary()[5] == "line 10, 32 lanes read tile[0, 32, … 992], 32 wavefronts"
    assert made.summary(1)[0] == "line 7, 32 lanes read x[32..63], 4 sectors"
    assert len(made.summary()) == len(made.warps[0].steps)


def test_the_padded_tile_has_no_conflict() -> None:
    assert "line 10, 32 lanes read tile[0, 33, … 1023], 1 wavefront" in repr(
        player(transpose(pitch=33))
    )


def test_without_script_the_steps_are_a_table() -> None:
    table = page(transpose()).select_one("figure .stage table")
    assert table is not None
    rows = [row.get_text(" ") for row in table.select("tbody tr")]
    assert rows == [f"{n} {line}" for n, line in enumerate(player(transpose()).summary(), 1)]


def test_a_long_table_without_script_says_how_much_is_left() -> None:
    rows = page(block_sum()).select("figure .stage tbody tr")
    left = len(player(block_sum()).summary()) - ROWS_WITHOUT_SCRIPT
    assert left > 0
    assert len(rows) == ROWS_WITHOUT_SCRIPT + 1
    assert rows[-1].get_text() == f"and {left} more"


def test_what_a_sanitizer_leaves_reads_well() -> None:
    """JupyterLab strips scripts and styles from notebooks it does not trust."""
    html = page(strided(8), title="Stride 8", caption="One load.")
    for node in html.select("script, style"):
        node.decompose()
    text = html.get_text(" ", strip=True)
    assert text.startswith("Stride 8 step what the warp does 1 line 3, 32 lanes read x[0, 8,")
    assert text.endswith("32 lanes are done One load.")


def test_text_of_the_reader_is_never_markup() -> None:
    recorded = strided(1)
    hostile = Recorded(recorded.events, ("<b>x", "y"), "a<b>c</script><!--", (32, 1, 1))
    html = player(hostile, title='"><i>', caption="<u>")._repr_html_()
    assert "</script><!--" not in html
    figure = BeautifulSoup(html, "html.parser").figure
    assert figure is not None
    assert figure["aria-label"] == '"><i>'
    assert not figure.select("b, i, u")
    assert json.loads(figure.script.string)["source"] == "a<b>c</script><!--"  # type: ignore[union-attr]


def test_the_module_asks_no_other_host_and_is_the_form_anywidget_takes() -> None:
    html = page(strided(1))
    [module] = html.select('script[type="module"]')
    assert "export default" not in module.text
    assert not re.search(r"https?:|import\s|import\(|fetch|url\(", html.decode())
    written = (viz.trace_player.FOLDER / "trace_player.js").read_text(encoding="utf-8")
    assert written.rstrip().endswith("export default { render };")
    assert len(written.encode()) < 12_000


def test_the_same_trace_gives_the_same_bytes() -> None:
    assert player(block_sum())._repr_html_() == player(block_sum())._repr_html_()


def test_what_is_too_long_to_embed_is_refused_with_its_size() -> None:
    rng = np.random.default_rng(0)

    def kernel(t: int) -> Any:
        for _ in range(1000):
            yield touch(ts.READ, 5, 0, int(rng.integers(10**6)))

    recorded = record(kernel, 32, ("x",))
    with pytest.raises(InputError, match=rf"bytes as a figure; expected at most {MOST_BYTES:,}"):
        player(recorded)
    many = Recorded(np.tile(recorded.events, 8), ("x",), "", (32, 1, 1))
    with pytest.raises(InputError, match=r"256,256 of them; expected at most 160,000"):
        player(many)


def test_a_trace_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="Launch in the trace"):
        viz.play(np.empty(0, ts.EVENT), (), "", (32,))


def test_events_without_a_field_are_refused_by_its_name() -> None:
    events = strided(1).events[["step", "block", "thread", "kind", "line"]]
    with pytest.raises(InputError, match="without array, index, offset, size, space"):
        viz.play(events, ("x", "out"), "", (32,))


def test_an_array_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="1 names; expected one for every array, 2"):
        viz.play(strided(1).events, ("x",), "", (32,))
