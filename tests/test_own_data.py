"""Data of a user's own, from a path on the command line to a comparison: what is the same wherever
they lie, and what no file can do."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from structbench import (
    compare,
    evaluate,
    load_comparison,
    load_experiment,
    load_sweep,
    open_data,
    train,
)
from structbench import sweep as sweep_all
from structbench.data.images.spec import OwnImageSpec
from structbench.data.own import places
from structbench.data.own.files import Files
from structbench.data.own.grids import split_grids
from structbench.data.own.read import OwnGrids
from structbench.data.own.readers import READERS
from structbench.data.specs import data_spec
from structbench.errors import ConfigError, DataError, StructBenchError
from structbench.store.run_files import read_run

SHORT = ("training.epochs=1", "conditions=[clean]")
NAMES = ("left", "right", "über alles")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """90 images of 8×8 in three classes: a bright third of the columns each."""
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    images = rng.integers(0, 60, (90, 8, 8), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 2 * label : 2 * label + 3] += 150
    path = tmp_path / "bars.npz"
    np.savez(path, images=images, labels=np.array(NAMES)[labels])
    return path


@pytest.fixture
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in another process, where no data were named."""
    monkeypatch.setattr(places, "_named", {})
    monkeypatch.setattr(places, "_open", {})


def test_what_a_config_says_of_data_holds_all_but_their_place(archive: Path) -> None:
    asked = load_experiment("fnn", SHORT, data=archive)
    spec = asked.data
    assert isinstance(spec, OwnImageSpec)
    assert spec.content.classes == NAMES
    assert (spec.content.train_examples, spec.content.test_examples) == (72, 18)
    assert spec.problem.input_shape == (1, 8, 8)
    written = json.dumps(spec.model_dump(mode="json"))
    assert str(archive.parent) not in written
    assert data_spec(json.loads(written)) == spec


def test_the_same_files_are_the_same_run_wherever_they_lie(archive: Path, tmp_path: Path) -> None:
    runs: dict[str, Any] = {"runs_dir": tmp_path / "runs", "threads": 1}
    first = train(load_experiment("fnn", SHORT, data=archive), **runs)
    moved = archive.rename(tmp_path / "moved.npz")
    again = train(load_experiment("fnn", SHORT, data=moved), **runs)
    assert again.summary.run == first.summary.run
    kept = (tmp_path / "runs" / first.summary.run / "run.json").read_text()
    assert str(tmp_path) not in kept


def test_another_byte_is_another_run(archive: Path, tmp_path: Path) -> None:
    first = load_experiment("fnn", SHORT, data=archive)
    with np.load(archive) as found:
        images, labels = found["images"], found["labels"]
    images[0, 0, 0] ^= 1
    np.savez(archive, images=images, labels=labels)
    assert load_experiment("fnn", SHORT, data=archive).data != first.data


@pytest.mark.parametrize("section", ["{name: own}", "{name: own, kind: image}"])
def test_a_config_alone_opens_nothing(section: str, tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(f"model: {{family: fnn}}\ndata: {section}\n")
    with pytest.raises(ConfigError, match=r"own.yaml:2:\d+: .*--data PATH"):
        load_experiment(config)


def test_a_path_in_a_config_is_refused(archive: Path, tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(f"model: {{family: fnn}}\ndata: {{name: own, path: {archive}}}\n")
    with pytest.raises(ConfigError, match="unknown key 'path'"):
        load_experiment(config)


def test_a_config_can_say_which_data_it_is_for(archive: Path, tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    for sha256, fits in ((open_data(archive), True), ("0" * 64, False)):
        config.write_text(
            "model: {family: fnn}\n"
            f"data: {{name: own, content: {{kind: image, sha256: '{sha256}'}}}}\n"
        )
        if fits:
            assert load_experiment(config, data=archive).data.kind == "image"
        else:
            with pytest.raises(ConfigError, match="the config is for 0000"):
                load_experiment(config, data=archive)


def test_a_kind_that_is_none_is_named_with_the_nearest(archive: Path) -> None:
    with pytest.raises(ConfigError, match="unknown kind 'images'; did you mean 'image'"):
        load_experiment("fnn", ["data.kind=images"], data=archive)


@pytest.mark.usefixtures("_forgotten")
def test_without_the_data_a_run_can_be_read_and_says_what_it_needs(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "runs"
    run = train(load_experiment("fnn", SHORT, data=archive), runs_dir=root, threads=1).summary.run
    sha256 = open_data(archive)
    monkeypatch.setattr(places, "_named", {})
    monkeypatch.setattr(places, "_open", {})
    asked = read_run(root / run).experiment
    assert asked.data.dataset.class_names == NAMES
    assert asked.layer_table.parameters
    with pytest.raises(DataError, match=sha256[:12]):
        evaluate(run, ["invert"], runs_dir=root)
    open_data(archive)
    assert "invert" in evaluate(run, ["invert"], runs_dir=root).predictions


@pytest.mark.usefixtures("_forgotten")
def test_where_the_data_lie_travels_with_a_run_to_another_process(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = pickle.dumps(load_experiment("fnn", SHORT, data=archive))
    monkeypatch.setattr(places, "_named", {})
    monkeypatch.setattr(places, "_open", {})
    data = pickle.loads(packed).data
    assert len(data.load(archive.parent, 0).train) == 72
    monkeypatch.setattr(places, "_open", {})
    archive.write_bytes(archive.read_bytes() + b"more")
    with pytest.raises(DataError, match=r"bars\.npz is not what it was"):
        data.dataset.digest(archive.parent)


def test_conditions_structure_and_sweeps_are_as_for_other_data(
    archive: Path, tmp_path: Path
) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(
        "models: {linear: {family: linear}, fnn: {family: fnn, hidden: [8]}}\n"
        "seeds: 2\ntraining: {epochs: 1}\nconditions: [clean, training]\n"
        "axes: {data.test_share: [0.2, 0.5], data.structure_removed: [0, 1]}\n"
    )
    how: dict[str, Any] = {"runs_dir": tmp_path / "runs", "threads": 1, "jobs": 1}
    found = sweep_all(load_sweep(config, data=archive), **how)
    assert found is not None
    tested = {
        read_run(path.parent).experiment.data.content.test_examples  # type: ignore[attr-defined]
        for path in (tmp_path / "runs").glob("*/run.json")
    }
    assert tested == {18, 45}


def test_a_comparison_made_again_from_its_folder_is_found(archive: Path, tmp_path: Path) -> None:
    how: dict[str, Any] = {"runs_dir": tmp_path / "runs", "threads": 1, "jobs": 1}
    spec = load_comparison(["fnn", "linear"], [*SHORT, "seeds=2"], data=archive)
    found = compare(spec, **how)
    kept = tmp_path / "runs" / found.name / "comparison.yaml"
    again = shutil.copy(kept, tmp_path / "again.yaml")
    assert compare(load_comparison([str(again)], data=archive), **how).name == found.name


def test_more_than_there_is_cannot_be_asked(archive: Path) -> None:
    with pytest.raises(ConfigError, match=r"train_size 80 .* is more than the 72 of these data"):
        load_experiment("fnn", ["data.train_size=80"], data=archive)
    with pytest.raises(StructBenchError, match=r"too few to test a share of 0\.999"):
        load_experiment("fnn", ["data.test_share=0.999"], data=archive)


def test_what_a_library_reads_otherwise_by_now_is_not_taken_for_the_same(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(load_experiment("fnn", SHORT, data=archive), runs_dir=tmp_path / "runs", threads=1)
    usual = READERS["image_archive"]

    def brighter(files: Files, options: Mapping[str, Any]) -> OwnGrids:
        found: OwnGrids = usual.read(files, options)
        return replace(found, grids=found.grids | 1)

    monkeypatch.setitem(READERS, "image_archive", replace(usual, read=brighter))
    split_grids.cache_clear()
    with pytest.raises(DataError, match="read otherwise than they were"):
        evaluate(run.summary.run, ["invert"], runs_dir=tmp_path / "runs")
    split_grids.cache_clear()


def test_what_says_nothing_of_the_data_makes_no_other_run(archive: Path, tmp_path: Path) -> None:
    """A share to test on where the data have a test part; an archive alone in a folder."""
    with np.load(archive) as found:
        images, labels = found["images"], found["labels"]
    folder = tmp_path / "parted"
    folder.mkdir()
    parts = {"images": images[:60], "test_images": images[60:]}
    np.savez(folder / "a.npz", **parts, labels=labels[:60], test_labels=labels[60:])
    half, fifth = (
        load_experiment("fnn", [f"data.test_share={share}"], data=folder) for share in (0.5, 0.2)
    )
    assert half == fifth
    assert half.data.dataset.test_examples == 30
    others = [load_experiment("fnn", [f"data.side={side}"], data=archive) for side in (8, "null")]
    assert others[0] == others[1]
