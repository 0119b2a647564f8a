"""What the report shows of real runs: two small networks, two seeds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from structbench import load_experiment, train
from structbench.data.images.embedded import EmbeddedMNIST
from structbench.data.images.pixels import unit_range
from structbench.errors import DataError
from structbench.outcome import Outcome
from structbench.report.exhibits import (
    FILTERS,
    NOT_RECORDED,
    PICTURES,
    Exhibits,
    gather,
    sessions,
    spread_over_classes,
)
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
def exhibits(comparison: Comparison, runs: Path) -> Exhibits:
    return gather(comparison, Store(runs), runs)


def test_confusion_counts_every_image_once(exhibits: Exhibits, outcomes: Trained) -> None:
    assert [(c.model, c.condition) for c in exhibits.confusions] == [
        (model, condition) for model in ("cnn", "fnn") for condition in ("clean", SHIFTED)
    ]
    for found in exhibits.confusions:
        outcome = outcomes[found.model][0]
        labels = outcome.predictions[found.condition].labels
        assert found.counts.sum(1).tolist() == np.bincount(labels, minlength=10).tolist()
        errors = found.counts.sum() - np.trace(found.counts)
        assert errors == outcome.wrong(found.condition).sum()


def test_the_gallery_shows_what_only_the_model_gets_right(
    exhibits: Exhibits, outcomes: Trained
) -> None:
    cnn, fnn = (outcomes[name][0].wrong(SHIFTED) for name in ("cnn", "fnn"))
    shown = exhibits.gallery
    assert (shown.condition, shown.model, shown.baseline) == (SHIFTED, "cnn", "fnn")
    assert (shown.total, shown.reverse) == ((fnn & ~cnn).sum(), (cnn & ~fnn).sum())
    assert len(shown.pictures) == min(PICTURES, shown.total) > 0
    for picture in shown.pictures:
        right, wrong = picture.answers
        assert right.model == "cnn"
        assert right.predicted == picture.label != wrong.predicted
        assert 0.1 <= right.confidence <= 1


def test_the_gallery_shows_the_altered_images(exhibits: Exhibits) -> None:
    _, clean = load_experiment("fnn").data.dataset.read(Path())
    known = {image.tobytes() for image in unit_range(clean.inputs[0])}
    for picture in exhibits.gallery.pictures:
        assert picture.image.shape == (1, 28, 28)
        assert not picture.image[:, :2].any()
        assert picture.image.tobytes() not in known


def test_one_run_alone_shows_what_it_is_wrong_about(runs: Path, outcomes: Trained) -> None:
    one = {"fnn": outcomes["fnn"][:1]}
    alone = compared(one, Asked("image", "mnist", ("clean",), None, 0.005, "structbench report"))
    shown = gather(alone, Store(runs), runs).gallery
    assert (shown.condition, shown.baseline, shown.reverse) == ("clean", None, 0)
    assert all(p.answers[0].predicted != p.label for p in shown.pictures)
    assert shown.total == outcomes["fnn"][0].wrong("clean").sum()


def test_pictures_are_spread_over_the_classes_the_surest_first() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 0])
    sure = np.array([0.5, 0.9, 0.8, 0.7, 0.7, 0.6, 1.0], np.float32)
    candidates = np.array([True, True, True, True, True, False, False])
    assert spread_over_classes(candidates, labels, sure, 2) == [1, 3]
    assert spread_over_classes(candidates, labels, sure, 3) == [1, 2, 3]
    assert spread_over_classes(candidates, labels, sure, 9) == [1, 2, 0, 3, 4]
    assert spread_over_classes(np.zeros(7, bool), labels, sure, 9) == []


def test_first_layers_are_pictures_of_the_input(exhibits: Exhibits, runs: Path) -> None:
    cnn, fnn = exhibits.first_layers
    assert (cnn.model, cnn.weights.shape, cnn.total) == ("cnn", (4, 1, 3, 3), 4)
    assert (fnn.layer, fnn.weights.shape, fnn.total) == ("Linear 40", (FILTERS, 1, 28, 28), 40)
    norms = np.linalg.norm(fnn.weights.reshape(FILTERS, -1), axis=1)
    assert (np.diff(norms) <= 0).all()
    every = Store(runs).weights(exhibits.origins[2].run)["linear1.weight"]
    assert norms[-1] >= np.sort(np.linalg.norm(every, axis=1))[40 - FILTERS] - 1e-6


def test_a_unit_that_reads_permuted_pixels_is_no_picture(runs: Path) -> None:
    permuted = trained(runs, "data.structure_removed=1", models=(CNN, TINY[0]), seeds=1)
    asked = Asked("image", "mnist", ("clean",), "fnn", 0.005, "")
    found = gather(compared(permuted, asked), Store(runs), runs)
    assert found.permuted
    assert [layer.model for layer in found.first_layers] == ["cnn"]


def test_layers_are_listed_with_their_arithmetic(exhibits: Exhibits) -> None:
    rows = exhibits.layers["cnn"].rows
    assert rows[0] == ("Conv 4 of 3×3", "4×28×28", "40", "4·(1·3·3) + 4", "28,224")
    assert rows[-1] == ("total", "", "1,854", "", "58,096")


def test_losses_and_origins_of_every_run(exhibits: Exhibits, comparison: Comparison) -> None:
    for name, model in comparison.models.items():
        assert [losses[-1] for losses in exhibits.losses[name]] == list(model.train_loss.by_seed)
        assert all(losses.shape == (2,) for losses in exhibits.losses[name])
    assert [o.run for o in exhibits.origins] == [
        run for model in comparison.models.values() for run in model.runs
    ]
    (session,) = exhibits.origins[0].sessions
    facts = dict(session.machine)
    assert "torch" in facts["versions"]
    assert facts["threads"] != NOT_RECORDED


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"7", b'{"a": 1}', b"[3, null]", b"[" * 100_000, b"\xff\xfe", b'["x"]'],
)
def test_odd_provenance_is_not_recorded(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "provenance.json"
    assert sessions(path) == ()
    path.write_bytes(content)
    assert sessions(path) == ()


def test_provenance_of_odd_types_becomes_text(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    entry = {
        "started": ["now"], "command": "x" * 9999, "versions": {"torch": None}, "git": [],
        "cpu": "\ud800", "threads": {"a": 1}, "gpu": None, "cores": 2,
    }  # fmt: skip
    path.write_text(json.dumps([entry, {}]))
    odd, empty = sessions(path)
    assert odd.started == NOT_RECORDED
    assert len(odd.command) == 400
    facts = dict(odd.machine)
    assert facts["versions"] == f"torch {NOT_RECORDED}"
    assert (facts["code"], facts["GPU"]) == (NOT_RECORDED, "none")
    facts["processor"].encode()
    assert dict(empty.machine)["GPU"] == NOT_RECORDED


def test_other_test_images_are_refused(
    comparison: Comparison, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedMNIST, "digest", lambda self, folder: "0" * 64)
    with pytest.raises(DataError, match="is not the data"):
        gather(comparison, Store(runs), runs)
