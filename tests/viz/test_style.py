"""One look for every figure."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from attention_scratch.viz import style


def luminance(color: str) -> float:
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("part", [1, 2, 3, 4])
def test_part_colors_can_be_read_as_text_on_paper(part: int) -> None:
    assert (luminance(style.PAPER) + 0.05) / (luminance(style.part_color(part)) + 0.05) >= 4.5


def test_weights_grow_darker_all_the_way() -> None:
    colors = style.weights_colormap()(np.linspace(0, 1, 64))
    brightness = [luminance(color[:3]) for color in colors]
    assert all(np.diff(brightness) < 0)


def test_use_sets_the_style_of_later_figures() -> None:
    with mpl.rc_context():
        style.use()
        assert mpl.rcParams["figure.facecolor"] == style.PAPER
        assert mpl.rcParams["font.size"] == 13
        assert len(mpl.rcParams["axes.prop_cycle"]) == len(style.PALETTE)


NOTEBOOK = """
from attention_scratch.viz import Map, heatmap, style
import IPython, numpy as np
style.use()
figure = heatmap(Map(np.eye(2)), width=5)
display(figure)
"""


def test_in_a_notebook_figures_are_svg_of_the_width_asked_for(tmp_path) -> None:
    import nbformat
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(NOTEBOOK)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = [output["data"] for output in notebook.cells[0].outputs if "data" in output]
    assert len(shown) == 1
    assert 'width="360pt"' in shown[0]["image/svg+xml"]


def test_in_a_script_use_needs_no_notebook() -> None:
    code = "import sys; from attention_scratch.viz import style; style.use()"
    code += "; print('IPython' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
