"""Maps of vectors: projected as scikit-learn and plain linear algebra do, labels where they are."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attention_scratch.errors import InputError, MissingExtraError
from attention_scratch.viz import embedding_map, project

pytest.importorskip("sklearn")
RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(12, 5)) * [5, 3, 1, 0.5, 0.1]


def test_pca_is_the_singular_value_decomposition_of_the_centered_cloud() -> None:
    points, names = project(CLOUD)
    centered = CLOUD - CLOUD.mean(axis=0)
    u, s, _ = np.linalg.svd(centered, full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(u[:, :2] * s[:2]), atol=1e-10)
    share = s**2 / np.sum(s**2)
    assert names == (f"first axis, {share[0]:.0%}", f"second axis, {share[1]:.0%}")


def test_t_sne_keeps_two_far_groups_apart_and_repeats_with_its_seed() -> None:
    groups = np.concatenate([RNG.normal(size=(10, 8)), RNG.normal(size=(10, 8)) + 40])
    points, _ = project(groups, method="t-sne", seed=3)
    near = np.linalg.norm(points[:10] - points[:10].mean(axis=0), axis=1).max()
    assert np.linalg.norm(points[:10].mean(axis=0) - points[10:].mean(axis=0)) > 2 * near
    np.testing.assert_array_equal(points, project(groups, method="t-sne", seed=3)[0])


def test_every_vector_is_a_point_of_its_group_with_its_label_nearby() -> None:
    labels = [f"v{n}" for n in range(12)]
    groups = ["even" if n % 2 == 0 else "odd" for n in range(12)]
    figure = embedding_map(CLOUD, labels, groups=groups)
    points = project(CLOUD)[0]
    axes = figure.axes[0]
    even, odd = axes.lines
    np.testing.assert_allclose(even.get_xydata(), points[::2])
    np.testing.assert_allclose(odd.get_xydata(), points[1::2])
    assert even.get_marker() != odd.get_marker()
    assert [text.get_text() for text in axes.get_legend().texts] == ["even", "odd"]
    assert [note.get_text() for note in axes.texts] == labels
    np.testing.assert_allclose([note.xy for note in axes.texts], points)


def test_labels_of_near_points_do_not_cover_each_other() -> None:
    pairs = np.repeat(RNG.normal(size=(4, 6)) * 9, 2, axis=0) + RNG.normal(size=(8, 6)) * 0.01
    figure = embedding_map(pairs, [f"token {n}" for n in range(8)])
    figure.draw_without_rendering()
    boxes = [note.get_window_extent() for note in figure.axes[0].texts]
    covered = [(a, b) for a in range(8) for b in range(a) if boxes[a].overlaps(boxes[b])]
    assert covered == []


def test_the_axes_of_t_sne_carry_no_numbers_and_no_figure_is_left_open() -> None:
    plt.close("all")
    axes = embedding_map(CLOUD, list("abcdefghijkl"), method="t-sne").axes[0]
    assert (len(axes.get_xticks()), len(axes.get_yticks())) == (0, 0)
    assert axes.get_legend() is None
    assert plt.get_fignums() == []


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)

    class Absent:
        def find_spec(self, name: str, *_: object) -> None:
            if name.split(".")[0] == "sklearn":
                raise ModuleNotFoundError(name)

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(MissingExtraError, match=r"scikit-learn .*attention-scratch\[book\]"):
        project(CLOUD)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: project(np.ones(3)), r"vectors: got shape \(3,\)"),
        (lambda: project(np.ones((2, 4))), r"vectors: got shape \(2, 4\)"),
        (lambda: project(np.full((4, 4), np.nan)), "16 numbers not finite"),
        (lambda: project(CLOUD, method="umap"), "method: got umap"),  # type: ignore[arg-type]
        (lambda: embedding_map(CLOUD, ["a"]), "labels: got 1 of them; expected 12"),
        (lambda: embedding_map(CLOUD, ["a"] * 12, groups=["x"]), "groups: got 1 of them"),
    ],
)
def test_bad_input_is_one_clear_error(draw, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()
