"""Images of one's own in an experiment: found, known by their content, learned from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from structbench import Experiment, load_experiment, train
from structbench.data.own.content import GridContent
from structbench.data.spec import default_data_folder
from structbench.errors import ConfigError, DataError
from structbench.experiment.run import Run
from tests.data.images.pictures import encoded, pixels, put, put_classes

SMALL = ("model={family: fnn, hidden: [4]}", "training.epochs=1")


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STRUCTBENCH_DATA", str(tmp_path / "cache"))


def experiment(path: Path, *overrides: str) -> Experiment:
    return load_experiment("fnn", [*SMALL, *overrides], data=path)


def run_of(asked: Experiment) -> str:
    digest = asked.data.dataset.digest(default_data_folder())
    return Run(asked, "cpu", digest, "2.4").id


def content_of(asked: Experiment) -> GridContent:
    found = asked.data.content  # type: ignore[attr-defined]
    assert isinstance(found, GridContent)
    return found


def test_what_is_found_stands_in_the_experiment(tmp_path: Path) -> None:
    content = content_of(experiment(put_classes(tmp_path / "data", 10)))
    assert content.shape == (1, 6, 8)
    assert content.classes == ("cat", "dog")
    assert (content.train_examples, content.test_examples) == (16, 4)


def test_a_run_is_the_same_wherever_its_data_lie(tmp_path: Path) -> None:
    folder = put_classes(tmp_path / "data")
    known = run_of(experiment(folder))
    os.rename(folder, tmp_path / "moved")
    assert run_of(experiment(tmp_path / "moved")) == known
    put(tmp_path / "moved" / "cat" / "0.png", encoded(pixels(99)))
    assert run_of(experiment(tmp_path / "moved")) != known


def test_learned_from_and_tested_as_they_were_split(tmp_path: Path) -> None:
    put_classes(tmp_path / "data", 10)
    # The same picture three times, once as another class.
    for name in ("cat/a", "cat/b", "dog/c"):
        put(tmp_path / "data" / f"{name}.png", encoded(pixels(500)))
    asked = experiment(tmp_path / "data", "data.test_share=0.3", "data.validation_size=3")
    splits = [asked.data.load(default_data_folder(), seed) for seed in (0, 1)]
    for loaded in splits:
        assert [len(part) for part in (loaded.train, loaded.validation, loaded.test)] == [13, 3, 7]
        assert "2 of 23 examples are copies of others" in loaded.test.notices
    first, second = splits
    assert (first.test.rows == second.test.rows).all()
    assert sorted(first.train.rows) != sorted(second.train.rows)
    summary = train(asked, runs_dir=tmp_path / "runs").summary
    assert "2 of 23 examples are copies of others" in summary.notices


def test_files_of_several_sizes_are_resized_on_reading_others_on_their_way(tmp_path: Path) -> None:
    even, mixed = put_classes(tmp_path / "even"), put_classes(tmp_path / "mixed")
    put(mixed / "cat" / "odd.png", encoded(pixels(0, 9, 9)))
    with pytest.raises(DataError, match=r"images of several sizes: .*--set data\.side=64"):
        experiment(mixed)
    of_mixed, of_even = experiment(mixed, "data.side=5"), experiment(even, "data.side=5")
    assert content_of(of_mixed).shape == (1, 5, 5)
    assert content_of(of_even).shape == (1, 6, 8)
    for asked in (of_mixed, of_even):
        assert asked.data.problem.input_shape == (1, 5, 5)
        train(asked, runs_dir=tmp_path / "runs")
    square = put_classes(tmp_path / "square")
    for path in square.rglob("*.png"):
        put(path, encoded(pixels(int(path.stem), 6, 6)))
    assert run_of(experiment(square)) == run_of(experiment(square, "data.side=6"))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: put(folder / "cat" / "3.png", b"no picture"), "cat/3.png is no picture"),
        (lambda folder: put(folder / "dog" / "odd.png", encoded(pixels(0, 9, 9))), "several sizes"),
        (lambda folder: [path.unlink() for path in folder.rglob("[1-9].png")], "too few to test"),
        (lambda folder: os.symlink("/", folder / "out"), "out is a link that leads out"),
    ],
)
def test_what_is_wrong_ends_the_command_with_one_line(
    tmp_path: Path, cli: Callable[..., Result], damage: Callable[[Path], Any], said: str
) -> None:
    folder = put_classes(tmp_path / "data with spaces")
    damage(folder)
    result = cli("train", "fnn", "--data", folder)
    assert result.exit_code == 3
    assert re.search(said, result.stderr)
    assert result.stderr.count("\n") == 1
    assert "data with spaces" in result.stderr


def test_a_wrong_key_is_an_error_of_the_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.sides?"):
        experiment(put_classes(tmp_path / "data"), "data.sides=3")


def test_all_kinds_of_files_give_the_same_images(tmp_path: Path) -> None:
    """Folders, a table, an archive, IDX: the same examples, so the same shapes and classes."""
    images, labels = pixels(0, 10, 6, 8), np.arange(10) % 2
    for i in range(10):
        put(tmp_path / "folders" / str(labels[i]) / f"{i}.png", encoded(images[i]))
        put(tmp_path / "table" / f"{i}.png", encoded(images[i]))
    rows = "".join(f"{i}.png,{labels[i]}\n" for i in range(10))
    put(tmp_path / "table" / "labels.csv", rows.encode())
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    for what, values, axes in (("images", images, (10, 6, 8)), ("labels", labels, (10,))):
        head = bytes([0, 0, 8, len(axes)]) + np.array(axes, ">u4").tobytes()
        put(
            tmp_path / "idx" / f"{what}-idx{len(axes)}-ubyte",
            head + values.astype(np.uint8).tobytes(),
        )
    found = []
    for name in ("folders", "table", "a.npz", "idx"):
        content = content_of(experiment(tmp_path / name))
        found.append(content.model_dump(exclude={"sha256"}))
    first, *others = ({k: v for k, v in content.items() if k != "arrays"} for content in found)
    assert others == [first] * 3
    # In folders they stand in another order.
    assert len({content["arrays"] for content in found[1:]}) == 1
