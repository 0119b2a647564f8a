"""Figures of comparisons made by hand: no network is trained here."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from structbench.problem import Kind
from structbench.report.exhibits.confusion import matrices
from structbench.report.figures.style import SERIES, CaptionedFigure, looks, png, svg
from structbench.report.sections import sections
from tests.made import CLASSES, HOSTILE, interval_of, made


def texts(markup: str) -> str:
    return " ".join(ElementTree.fromstring(markup).itertext())


def figures(*arguments: Any, **more: Any) -> dict[str, CaptionedFigure]:
    """All figures of the page of a comparison that is made by hand."""
    shown = sections(*made(*arguments, **more))
    return {name: figure for section in shown for name, figure in section.figures.items()}


@pytest.mark.parametrize("kind", ["image", "signal"])
def test_each_figure_is_drawn_and_says_what_it_shows(kind: Kind) -> None:
    conditions = ("clean", "invert")  # of both kinds
    drawn = figures(("cnn", "fnn", "b"), conditions=conditions, ablation=True, kind=kind)
    assert list(drawn) == [
        "misclassification", "leads", "training_loss", "confusion", "gallery", "first_layers",
        "structure",
    ]  # fmt: skip
    for figure in drawn.values():
        assert figure.caption.endswith(".")
        assert figure.alt
        assert png(figure).startswith(b"\x89PNG")
        assert "<svg" in svg(figure)


def test_captions_name_interval_and_number_of_seeds() -> None:
    drawn = figures()
    caption = drawn["misclassification"].caption
    interval = interval_of(made()[0].models["cnn"].misclassification["clean"])
    assert interval.label in caption
    assert "n = 3" in caption
    assert "n = 3" in drawn["training_loss"].caption


def test_one_network_has_an_interval_over_examples() -> None:
    drawn = figures(("cnn",), seeds=1)
    assert "Wilson" in drawn["misclassification"].caption
    assert "structure" not in drawn
    assert "leads" not in drawn


def test_one_seed_has_an_ablation_without_intervals() -> None:
    assert "n = 1" in figures(seeds=1, ablation=True)["structure"].caption


def test_the_same_numbers_give_the_same_bytes() -> None:
    first, second = figures(ablation=True), figures(ablation=True)
    for name, figure in first.items():
        text = svg(figure)
        assert text == svg(figure) == svg(second[name])
        assert svg(figure, inline=True) == svg(second[name], inline=True)
        assert png(figure) == png(second[name])
        assert "<dc:date>" not in text


def test_a_users_own_style_changes_nothing() -> None:
    usual = {name: svg(figure) for name, figure in figures().items()}
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "text.parse_math": True}):
        assert {name: svg(figure) for name, figure in figures().items()} == usual


@pytest.mark.parametrize(
    "names", [(HOSTILE, "_hidden", "100 % {x}", "é漢字\u202e"), ("$\\frac$", "a" * 60, "%s\\n")]
)
def test_any_name_is_text(names: tuple[str, ...]) -> None:
    drawn = figures((*names, "fnn"), ablation=True)
    for figure in drawn.values():
        for markup in (svg(figure), svg(figure, inline=True)):
            tags = {e.tag.rpartition("}")[2] for e in ElementTree.fromstring(markup).iter()}
            assert "img" not in tags
        png(figure)
    shown = texts(svg(drawn["misclassification"], inline=True))
    assert all(name[:10].rstrip("\u202e") in shown for name in names)


def test_a_model_looks_the_same_in_every_figure() -> None:
    drawn = figures(ablation=True)
    for name in ("misclassification", "training_loss", "gallery", "structure"):
        markup = svg(drawn[name], inline=True)
        assert SERIES[0] in markup
        assert SERIES[1] in markup
        assert SERIES[2] not in markup


def test_twenty_models_look_different() -> None:
    assert len(set(looks([str(i) for i in range(20)]).values())) == 20


def test_many_models_seeds_and_conditions_stay_drawable() -> None:
    conditions = tuple(f"translate:{i},0" for i in range(13))
    names = [f"model {i}" for i in range(14)]
    drawn = figures(names, seeds=4, conditions=conditions, ablation=True)
    assert "The first 12 of 13 conditions are shown." in drawn["misclassification"].caption
    assert png(drawn["misclassification"])
    assert svg(drawn["structure"])
    assert svg(drawn["training_loss"])
    assert "The first 12 of 14 models." in drawn["confusion"].caption


def test_a_hundred_classes_have_no_numbers_in_their_cells() -> None:
    drawn = matrices({"cnn": np.ones((100, 100), np.int64)}, "clean", 0)
    assert len(texts(svg(drawn, inline=True)).split()) < 60


def test_no_errors_at_all_can_be_drawn() -> None:
    drawn = matrices({"cnn": 10 * np.eye(CLASSES, dtype=np.int64)}, "clean", 0)
    assert "No errors" in drawn.alt
    assert svg(drawn)
