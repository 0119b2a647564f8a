"""What the report shows of real runs: two small networks, two seeds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from structbench import load_experiment, train
from structbench.data.grids import unit_range
from structbench.data.images.embedded import EmbeddedMNIST
from structbench.errors import DataError
from structbench.outcome import NO_NUMBER, Outcome
from structbench.report.exhibits import exhibits
from structbench.report.exhibits.chosen import spread_over
from structbench.report.exhibits.confusion import counted
from structbench.report.exhibits.filters import FILTERS, first_layer
from structbench.report.exhibits.gallery import (
    PICTURES,
    Picture,
    gallery,
    pictures,
)
from structbench.report.exhibits.images import IMAGES
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.nodes import class_name
from structbench.report.exhibits.signals import SIGNALS
from structbench.report.figures.style import looks
from structbench.report.model_tables import layers_table
from structbench.report.provenance import NOT_RECORDED, origins
from structbench.results.compare import Asked
from structbench.results.comparison import Comparison
from structbench.store.runs import Store
from tests.conftest import TINY
from tests.made import compared

SHIFTED = "translate:2,2"
CNN = "model={family: cnn, channels: [4, 4], hidden: 8}"
Trained = dict[str, list[Outcome]]


def trained(runs: Path, *settings: str, models: tuple[str, ...], seeds: int = 2) -> Trained:
    found = {}
    for model in models:
        asked = [*TINY, model, "training.epochs=2", *settings]
        experiments = [load_experiment("fnn", [*asked, f"seed={seed}"]) for seed in range(seeds)]
        found[experiments[0].model.family] = [train(e, runs_dir=runs) for e in experiments]
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def outcomes(runs: Path) -> Trained:
    wide = "model={family: fnn, hidden: [40]}"
    return trained(runs, models=(CNN, wide))


@pytest.fixture(scope="module")
def comparison(outcomes: Trained) -> Comparison:
    asked = Asked("image", "mnist", ("clean", SHIFTED), "fnn", 0.005, "structbench compare cnn fnn")
    return compared(outcomes, asked)


@pytest.fixture(scope="module")
def material(comparison: Comparison, runs: Path) -> Material:
    return Material.of(comparison, Store(runs), runs)


def test_a_page_of_images_shows_all_that_there_is_to_see(
    comparison: Comparison, material: Material
) -> None:
    shown = exhibits(comparison, material)
    assert [section.name for section in shown] == ["confusion", "gallery", "first-layers"]
    assert [list(section.figures) for section in shown] == [
        ["confusion"], ["gallery"], ["first_layers"],
    ]  # fmt: skip
    assert shown[1].heading == "Images that tell them apart"
    assert "cnn alone is right on" in shown[1].text


def test_confusion_counts_every_example_once(outcomes: Trained) -> None:
    for outcome in (group[0] for group in outcomes.values()):
        for condition in ("clean", SHIFTED):
            counts = counted(outcome, condition, 10)
            labels = outcome.predictions[condition].labels
            assert counts.sum(1).tolist() == np.bincount(labels, minlength=10).tolist()
            assert counts.sum() - np.trace(counts) == outcome.wrong(condition).sum()


def test_the_gallery_shows_what_only_the_model_gets_right(
    comparison: Comparison, material: Material, outcomes: Trained
) -> None:
    cnn, fnn = (outcomes[name][0].wrong(SHIFTED) for name in ("cnn", "fnn"))
    shown = gallery(IMAGES, comparison, material)
    alone, other = (fnn & ~cnn).sum(), (cnn & ~fnn).sum()
    assert shown.text == f"cnn alone is right on {alone} images, fnn alone on {other}."
    figure, count = shown.figures["gallery"], min(PICTURES, alone)
    assert f"{count} of the {alone} test images of condition {SHIFTED} that cnn" in figure.caption
    told = re.findall(r"true (\d), cnn says (\d), fnn says (\d)", figure.alt)
    assert len(told) == count > 0
    assert all(true == right != wrong for true, right, wrong in told)


def test_examples_are_seen_as_the_networks_saw_them(material: Material) -> None:
    _, test = load_experiment("fnn").data.dataset.read(Path())
    known = {image.tobytes() for image in unit_range(test.inputs[0])}
    shifted = material.inputs(SHIFTED)
    assert shifted.shape == (200, 1, 28, 28)
    assert not shifted[:, :, :2].any()
    assert not known.intersection(image.tobytes() for image in shifted)
    assert known.issuperset(image.tobytes() for image in material.inputs("clean"))


def test_one_run_alone_shows_what_it_is_wrong_about(runs: Path, outcomes: Trained) -> None:
    one = {"fnn": outcomes["fnn"][:1]}
    alone = compared(one, Asked("image", "mnist", ("clean",), None, 0.005, "structbench report"))
    shown = gallery(IMAGES, alone, Material.of(alone, Store(runs), runs))
    assert (shown.heading, shown.text) == ("Sure, and wrong", "")
    total = outcomes["fnn"][0].wrong("clean").sum()
    assert f" of the {total} test images of condition clean" in shown.figures["gallery"].caption
    told = re.findall(r"true (\d), fnn says (\d)", shown.figures["gallery"].alt)
    assert all(true != answer for true, answer in told)


def test_where_no_image_tells_them_apart_it_is_said(
    comparison: Comparison, material: Material
) -> None:
    same = replace(material, first=dict.fromkeys(("cnn", "fnn"), material.first["fnn"]))
    shown = gallery(IMAGES, comparison, same)
    assert not shown.figures
    assert "There is no test image of condition translate:2,2 that cnn gets right" in shown.text


def test_pictures_are_spread_over_the_classes_the_surest_first() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 0])
    sure = np.array([0.5, 0.9, 0.8, 0.7, 0.7, 0.6, 1.0], np.float32)
    candidates = np.array([True, True, True, True, True, False, False])
    assert spread_over(labels, candidates, sure, 2) == [1, 3]
    assert spread_over(labels, candidates, sure, 3) == [1, 2, 3]
    assert spread_over(labels, candidates, sure, 9) == [1, 2, 0, 3, 4]
    assert spread_over(labels, np.zeros(7, bool), sure, 9) == []


def test_an_answer_that_is_no_number_is_in_no_cell_and_is_shown_as_none(
    material: Material,
) -> None:
    outcome = material.first["fnn"][1]
    found = outcome.predictions["clean"]
    none = replace(found, predicted=np.where(found.labels == 0, NO_NUMBER, found.predicted))
    cells = counted(replace(outcome, predictions={"clean": none}), "clean", 10)
    assert cells[0].sum() == 0
    assert cells.sum() == (found.labels != 0).sum()
    assert class_name((), NO_NUMBER) == "no number"
    assert class_name((), 3) == "3"


def test_first_layers_are_pictures_of_the_input(material: Material) -> None:
    cnn, fnn = (first_layer(n, run, material.store) for n, (run, _) in material.first.items())
    assert cnn
    assert fnn
    assert (cnn.model, cnn.weights.shape, cnn.total) == ("cnn", (4, 1, 3, 3), 4)
    assert (fnn.layer, fnn.weights.shape, fnn.total) == ("Linear 40", (FILTERS, 1, 28, 28), 40)
    norms = np.linalg.norm(fnn.weights.reshape(FILTERS, -1), axis=1)
    assert (np.diff(norms) <= 0).all()
    every = material.store.weights(material.first["fnn"][0].id)["linear1.weight"]
    assert norms[-1] >= np.sort(np.linalg.norm(every, axis=1))[40 - FILTERS] - 1e-6


def test_a_unit_that_reads_permuted_pixels_is_no_picture(runs: Path) -> None:
    permuted = trained(runs, "data.structure_removed=1", models=(CNN, TINY[0]), seeds=1)
    asked = Asked("image", "mnist", ("clean",), "fnn", 0.005, "")
    comparison = compared(permuted, asked)
    material = Material.of(comparison, Store(runs), runs)
    assert "pixels permuted" in gallery(IMAGES, comparison, material).figures["gallery"].caption
    found = exhibits(comparison, material)[-1].figures["first_layers"]
    assert "cnn: all 4)" in found.caption


SIGNALS_OF = "data={name: mnist1d, train_size: 200, test_size: 200}"
CONV = "model={family: cnn, channels: [4], kernel_size: 5, pooling: none, hidden: null}"
GRU = "model={family: rnn, hidden: 4}"


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, Material]:
    return of_signals(tmp_path_factory.mktemp("signals"))


def of_signals(runs: Path, *settings: str) -> tuple[Comparison, Material]:
    models = (CONV, GRU, "model={family: fnn, hidden: [40]}")
    asked = [SIGNALS_OF, *settings, "conditions=[clean]"]
    found = trained(runs, *asked, models=models, seeds=1)
    comparison = compared(found, Asked("signal", "mnist1d", ("clean",), "fnn", 0.005, ""))
    return comparison, Material.of(comparison, Store(runs), runs)


def test_a_page_of_signals_has_what_a_page_of_images_has(
    signals: tuple[Comparison, Material],
) -> None:
    confused, told_apart, filters = exhibits(*signals)
    assert [section.name for section in (confused, told_apart, filters)] == [
        "confusion", "gallery", "first-layers",
    ]  # fmt: skip
    assert told_apart.heading == "Signals that tell them apart"
    assert re.fullmatch(r"cnn alone is right on \d+ signals, fnn alone on \d+.", told_apart.text)
    figure = told_apart.figures["gallery"]
    assert " test signals of condition clean that cnn gets right" in figure.caption
    assert figure.caption.endswith("on one scale; the thin line is 0.")
    assert figure.alt.startswith("Test signals: true ")
    assert "one weight for each position" in filters.text
    assert "image" not in f"{told_apart.text} {figure.caption} {filters.text}"


def test_first_layers_of_signals_are_lines_of_weights(signals: tuple[Comparison, Material]) -> None:
    _, material = signals
    cnn, gru, fnn = (first_layer(n, run, material.store) for n, (run, _) in material.first.items())
    assert cnn
    assert fnn
    assert gru is None, "what it reads in a step stands at no place of the signal"
    assert (cnn.weights.shape, cnn.total) == ((4, 1, 5), 4)
    assert (fnn.weights.shape, fnn.total) == ((FILTERS, 1, 40), 40)


def test_signals_are_drawn_on_one_scale() -> None:
    examples = np.array([[[0.0, 1.0, 2.0]], [[-3.0, 0.0, 1.0]]], np.float32)
    shown = [Picture(example, 0, {"fnn": (1, 0.5)}) for example in examples]
    axes = [a for a in pictures(SIGNALS, shown, looks(["fnn"])).axes if len(a.lines) > 1]
    assert len(axes) == 2
    assert len({a.get_ylim() for a in axes}) == 1
    low, high = axes[0].get_ylim()
    assert low < -3 < 2 < high


def test_where_positions_are_permuted_it_is_said_and_a_unit_is_no_line(tmp_path: Path) -> None:
    comparison, material = of_signals(tmp_path, "data.structure_removed=1")
    _, told_apart, filters = exhibits(comparison, material)
    assert "with their positions permuted" in told_apart.figures["gallery"].caption
    assert "(seed 0; cnn: all 4)" in filters.figures["first_layers"].caption


def test_layers_are_listed_with_their_arithmetic(material: Material) -> None:
    rows = layers_table("cnn", material.first["cnn"][0].experiment.layer_table).rows
    assert rows[0] == (
        "Conv 4 of 3×3", "K 3 S 1 P 1", "4×28×28", "(28 + 2·1 − 3)/1 + 1 = 28", "40",
        "4·(1·3·3) + 4", "28,224", "3×3",
    )  # fmt: skip
    assert rows[-1] == ("total", "", "", "", "1,854", "", "58,096", "")


def test_every_run_has_its_origin(comparison: Comparison, runs: Path) -> None:
    found = list(origins(comparison, Store(runs)))
    assert [o.run for o in found] == [r for m in comparison.models.values() for r in m.runs]
    (session,) = found[0].sessions
    facts = dict(session.machine)
    assert "torch" in facts["versions"]
    assert facts["threads"] != NOT_RECORDED


def test_other_test_images_are_refused(
    comparison: Comparison, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedMNIST, "digest", lambda self, folder: "0" * 64)
    with pytest.raises(DataError, match="is not the data"):
        Material.of(comparison, Store(runs), runs).inputs("clean")
