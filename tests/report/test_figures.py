"""Figures of comparisons made by hand: no network is trained here."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from structbench.report.figures import figures, misclassification, structure, training_loss
from structbench.report.plates import SERIES, CaptionedFigure, looks, png, svg
from tests.made import CLASSES, HOSTILE, made


def texts(markup: str) -> str:
    return " ".join(ElementTree.fromstring(markup).itertext())


def test_each_figure_is_drawn_and_says_what_it_shows() -> None:
    drawn = figures(*made(ablation=True))
    assert list(drawn) == [
        "misclassification", "training_loss", "confusion", "gallery", "first_layers", "structure",
    ]  # fmt: skip
    for figure in drawn.values():
        assert isinstance(figure, CaptionedFigure)
        assert figure.caption.endswith(".")
        assert figure.alt
        assert png(figure).startswith(b"\x89PNG")
        assert "<svg" in svg(figure)


def test_captions_name_interval_and_number_of_seeds() -> None:
    comparison, exhibits = made()
    caption = misclassification(comparison).caption
    assert comparison.models["cnn"].misclassification["clean"].interval.label in caption
    assert "n = 3" in caption
    assert "n = 3" in training_loss(comparison, exhibits).caption
    assert "5 of the 7 test images" in (found := figures(comparison, exhibits)["gallery"]).caption  # type: ignore[attr-defined]
    assert "fnn alone is right on 3" in found.caption  # type: ignore[attr-defined]


def test_one_network_has_an_interval_over_images() -> None:
    comparison, exhibits = made(("cnn",), seeds=1)
    drawn = figures(comparison, exhibits)
    assert "Wilson" in drawn["misclassification"].caption  # type: ignore[attr-defined]
    assert "structure" not in drawn
    bare = replace(exhibits, first_layers=(), gallery=replace(exhibits.gallery, pictures=()))
    assert list(figures(comparison, bare)) == ["misclassification", "training_loss", "confusion"]


def test_one_seed_has_an_ablation_without_intervals() -> None:
    comparison, _ = made(seeds=1, ablation=True)
    assert "n = 1" in structure(comparison).caption


def test_the_same_numbers_give_the_same_bytes() -> None:
    first, second = figures(*made(ablation=True)), figures(*made(ablation=True))
    for name, figure in first.items():
        assert svg(figure) == svg(figure) == svg(second[name])
        assert svg(figure, inline=True) == svg(second[name], inline=True)
        assert png(figure) == png(second[name])
        assert "<dc:date>" not in svg(figure)


def test_a_users_own_style_changes_nothing() -> None:
    usual = {name: svg(figure) for name, figure in figures(*made()).items()}
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "text.parse_math": True}):
        assert {name: svg(figure) for name, figure in figures(*made()).items()} == usual


@pytest.mark.parametrize(
    "name", [HOSTILE, "$\\frac$", "_hidden", "100 % {x}", "é漢字\u202e", "a" * 60, "%s\\n"]
)
def test_any_name_is_text(name: str) -> None:
    drawn = figures(*made((name, "fnn"), ablation=True))
    for figure in drawn.values():
        for markup in (svg(figure), svg(figure, inline=True)):
            tags = {e.tag.rpartition("}")[2] for e in ElementTree.fromstring(markup).iter()}
            assert "img" not in tags
        png(figure)
    shown = texts(svg(drawn["misclassification"], inline=True))
    assert name[:10].rstrip("\u202e") in shown


def test_a_model_looks_the_same_in_every_figure() -> None:
    drawn = figures(*made(ablation=True))
    for name in ("misclassification", "training_loss", "gallery", "structure"):
        markup = svg(drawn[name], inline=True)
        assert SERIES[0] in markup
        assert SERIES[1] in markup
        assert SERIES[2] not in markup


def test_twenty_models_look_different() -> None:
    assert len(set(looks([str(i) for i in range(20)]).values())) == 20


def test_many_models_seeds_and_conditions_stay_drawable() -> None:
    conditions = tuple(f"translate:{i},0" for i in range(15))
    names = [f"model {i}" for i in range(20)]
    comparison, exhibits = made(names, seeds=4, conditions=conditions, ablation=True)
    plate = misclassification(comparison)
    assert "The first 12 of 15 conditions." in plate.caption
    assert png(plate)
    assert svg(structure(comparison))
    assert svg(training_loss(comparison, exhibits))


def test_a_hundred_classes_have_no_numbers_in_their_cells() -> None:
    comparison, exhibits = made()
    counts = np.ones((100, 100), np.int64)
    many = replace(
        exhibits, confusions=tuple(replace(c, counts=counts) for c in exhibits.confusions)
    )
    assert len(texts(svg(figures(comparison, many)["confusion"], inline=True)).split()) < 60


def test_no_errors_at_all_can_be_drawn() -> None:
    comparison, exhibits = made()
    counts = 10 * np.eye(CLASSES, dtype=np.int64)
    perfect = replace(
        exhibits, confusions=tuple(replace(c, counts=counts) for c in exhibits.confusions)
    )
    drawn = figures(comparison, perfect)["confusion"]
    assert "No errors" in drawn.alt  # type: ignore[attr-defined]
    assert svg(drawn)
