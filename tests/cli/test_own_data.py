"""Data of one's own on the command line: `structbench data PATH`, and `--data PATH` elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from structbench.data.own import places
from structbench.data.own.files import Files
from structbench.data.own.read import OwnGrids
from structbench.data.own.readers import READERS, Reader
from structbench.data.own.watched import watched
from structbench.report import reading

Cli = Callable[..., Result]
TRAINED = ("--runs-dir", "runs", "--set", "training.epochs=1")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its own, where nothing was named."""
    monkeypatch.chdir(tmp_path)
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a new process, or one on another machine."""
    monkeypatch.setattr(places, "_named", {})
    monkeypatch.setattr(places, "_open", {})


def written(path: Path, seed: int = 0, **more: Any) -> Path:
    """60 images of two classes; of one of them twice the same."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (60, 6, 6), dtype=np.uint8)
    images[58] = images[0]
    labels = np.array(["cat", "dog"])[np.arange(60) % 2]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, images=images, labels=labels, **more)
    return path


def test_what_is_seen_is_told_and_drawn(cli: Cli, tmp_path: Path) -> None:
    written(tmp_path / "pets.npz")
    found = cli("data", "pets.npz")
    lines = found.stdout.splitlines()
    assert (found.exit_code, found.stderr, lines[0].strip()) == (0, "", "pets.npz")
    (sha,) = places.named_places()
    for text in (" to test: a share of 0.2", "1×6×6", sha, "cat", "dog"):
        assert text in found.stdout
    assert "doubt: 1 of 60 examples are copies of others" in found.stdout
    assert f"contact sheet: runs/data-image-{sha[:10]}.png" in lines
    assert (tmp_path / "runs" / f"data-image-{sha[:10]}.png").read_bytes()[:4] == b"\x89PNG"
    assert cli("runs").exit_code == 0, "it is no run"


def test_what_is_seen_is_found_as_json(cli: Cli, tmp_path: Path) -> None:
    written(tmp_path / "pets.npz")
    found = json.loads(cli("data", "pets.npz", "--json", "--set", "data.test_share=0.5").stdout)
    assert (found["kind"], found["input_shape"], found["test_share"]) == ("image", [1, 6, 6], 0.5)
    assert found["class_sizes"][1] == {"name": "dog", "examples": 30, "train": 15, "test": 15}
    assert [doubt["what"] for doubt in found["doubts"]] == ["copies"]
    assert found["sheet"] is None
    assert not list(tmp_path.glob("runs/*")), "nothing is drawn that was not asked for"


def test_a_sheet_is_drawn_where_it_is_asked_for(cli: Cli, tmp_path: Path) -> None:
    written(tmp_path / "pets.npz")
    assert cli("data", "pets.npz", "--json", "--sheet", "in/sheet.svg").exit_code == 0
    assert (tmp_path / "in" / "sheet.svg").read_text(encoding="utf-8").startswith("<?xml")
    refused = cli("data", "pets.npz", "--sheet", "sheet.gif")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--sheet sheet.gif: the file's name should end in .svg or .png" in refused.stderr


def test_a_name_is_a_data_set_and_a_path_a_path(cli: Cli, tmp_path: Path) -> None:
    written(tmp_path / "mnist" / "a.npz").rename(tmp_path / "mnist" / "karate")
    assert "LeCun" in cli("data", "mnist").stdout
    for path in ("./mnist", "nowhere/mnist", "no.npz", "~/none-of-this-name"):
        refused = cli("data", path)
        assert (refused.exit_code, refused.stdout) == (3, ""), path
        assert refused.stderr.count("\n") == 1
    refused = cli("data", "minst")
    assert refused.exit_code == 2
    assert "no file or folder is called so; did you mean 'mnist'" in refused.stderr


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("training.epochs=3", "--set training.epochs=3: training: unknown key"),
        ("data.test_sahre=0.3", "did you mean 'test_share'"),
        ("data.test_share=2", "--set data.test_share=2: data.test_share"),
        ("data.kind=imgae", "data.kind: unknown kind 'imgae'; did you mean 'image'"),
    ],
)
def test_what_cannot_be_set_is_refused(cli: Cli, tmp_path: Path, override: str, told: str) -> None:
    written(tmp_path / "pets.npz")
    refused = cli("data", "pets.npz", "--set", override)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert told in refused.stderr


@pytest.mark.parametrize("options", [("--set", "data.side=9"), ("--sheet", "a.png")])
def test_options_for_data_of_ones_own_are_for_no_others(cli: Cli, options: tuple[str, ...]) -> None:
    refused = cli("data", "mnist", *options)
    assert refused.exit_code == 2
    assert f"{options[0]} is for data of your own: structbench data PATH" in refused.stderr


def test_data_are_the_same_wherever_they_lie_and_others_with_more_in_them(
    cli: Cli, tmp_path: Path, few_pictures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "pets.npz")
    asked = ("compare", "linear", "fnn", "--seeds", "1", "--jobs", "1", "--quiet", "--json")
    first = cli(*asked, "--data", path, *TRAINED)
    assert (first.exit_code, first.stderr) == (0, "")
    name = json.loads(first.stdout)["name"]
    moved = tmp_path / "mes données" / "tout.npz"
    moved.parent.mkdir()
    path.rename(moved)
    forget(monkeypatch)
    assert json.loads(cli(*asked, "--data", moved, *TRAINED).stdout)["name"] == name
    kept = [p for p in tmp_path.glob("runs/*/*") if p.name in ("run.json", "comparison.yaml")]
    assert len(kept) == 3
    for file in kept:
        text = file.read_text(encoding="utf-8")
        assert not [part for part in ("pets", "tout", os.fspath(tmp_path)) if part in text]
    written(tmp_path / "more.npz", unread=np.zeros(1, np.uint8))
    same, other = (json.loads(cli("data", of, "--json").stdout) for of in (moved, "more.npz"))
    assert same["sha256"] in kept[0].read_text(encoding="utf-8")
    assert other["sha256"] != same["sha256"]
    assert other["class_sizes"] == same["class_sizes"]


def test_a_finished_run_says_which_data_it_needs(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, others = written(tmp_path / "pets.npz", seed=1), written(tmp_path / "others.npz", seed=2)
    done = cli("train", "linear", "--data", path, "--json", "--quiet", *TRAINED)
    run, (sha,) = json.loads(done.stdout)["run"], places.named_places()
    evaluate = ("evaluate", run, "--condition", "invert", "--runs-dir", "runs")
    for command in (evaluate, ("report", run, "--runs-dir", "runs")):
        forget(monkeypatch)
        refused = cli(*command)
        assert (refused.exit_code, refused.stdout) == (3, "")
        assert refused.stderr == (
            f"structbench: {run}: the data with SHA-256 {sha[:12]}… are not named: "
            "--data PATH names them\n"
        )
        refused = cli(*command, "--data", others)
        assert "names them; what was named has" in refused.stderr
    assert cli(*evaluate, "--data", path).exit_code == 0


def slow(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """60 images, told of one by one."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 1, 4, 4), np.uint8)
    pictures = np.stack(list(watched(noise, 60, "reading pictures")))
    return OwnGrids(pictures, np.arange(60) % 2, ("white", "black"))


def test_reading_is_told_of_where_it_takes_long(
    cli: Cli, tmp_path: Path, few_pictures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sees(files: Files) -> bool:
        return files.names[0].endswith(".slow")

    monkeypatch.setitem(READERS, "slow", Reader("image", "a slow file", sees, slow))
    monkeypatch.setattr(reading, "SILENT", 0.0)
    commands: dict[str, tuple[str, ...]] = {
        "data": ("data", "1.slow", "--json"),
        "train": ("train", "linear", "--data", "2.slow", "--json", *TRAINED),
        "quiet": ("data", "3.slow", "--quiet", "--json"),
    }
    told = {}
    for number, (name, command) in enumerate(commands.items(), 1):
        (tmp_path / f"{number}.slow").write_text(f"{number}")
        found = cli(*command)
        assert found.exit_code == 0, found.stderr
        json.loads(found.stdout)
        told[name] = found.stderr
    assert told["data"] == "reading pictures: 1 of 60\n"
    assert told["train"].startswith("reading pictures: 1 of 60\n")
    assert told["quiet"] == ""
