"""`structbench translate`: sentences of one's own, answered by a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from structbench import train, translate
from structbench.experiment.schema import Experiment
from structbench.report import figures
from structbench.report.figures.style import drawn_figure
from tests import kinds
from tests.test_kinds import asked

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of a network that attends, and of one that does not."""
    runs = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        kinds.register(patch)
        for how in ("steps", "at once"):
            of = asked("echo", kinds.Reader(how=how))
            name = train(of, runs_dir=runs).summary.run
            (runs / f"{how}.txt").write_text(name)
    return runs


@pytest.fixture
def run(folder: Path) -> Path:
    return folder / (folder / "steps.txt").read_text()


def test_sentences_are_answered_in_their_order(cli: Cli, run: Path) -> None:
    sentences = ["b c a", "c a a b b", "a a b"]
    found = translate(run, sentences)
    assert [(t.sentence, t.text) for t in found] == [
        ("b c a", "b b"), ("c a a b b", "c"), ("a a b", "a a"),
    ]  # fmt: skip
    assert all(0.5 < t.probability <= 1 for t in found)
    assert found[0].source == ("b", "c", "a")
    assert found[0].attention is not None
    assert found[0].attention.shape == (1, 3, 3)
    assert (found[0].attention[..., 0] == 1).all()
    shown = cli("translate", run, *sentences)
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[2][:6] == ["c", "a", "a", "b", "b", "c"]
    assert lines[2][-1] == "%"
    alone = [translate(run, [sentence])[0] for sentence in sentences]
    assert [t.probability for t in alone] == pytest.approx([t.probability for t in found])


def test_lines_come_from_stdin_and_go_as_json(
    cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("structbench.cli.translate._lines", lambda: ["c z c"])
    shown = cli("translate", run, "--json")
    (found,) = json.loads(shown.stdout)
    assert (found["sentence"], found["answer"], found["unknown"]) == ("c z c", "c c", ["z"])
    assert shown.stderr == "structbench: 'c z c': the network does not know 'z'\n"


def test_empty_lines_are_no_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    from structbench.cli.translate import _lines

    monkeypatch.setattr(sys, "stdin", StringIO("a b\n\n  \n c \n"))
    assert _lines() == ["a b", "c"]


def test_what_cannot_be_answered_is_a_line_beside_the_others(cli: Cli, run: Path) -> None:
    shown = cli("translate", run, "a b c a b c a", "b b b")
    assert shown.exit_code == 0
    assert "b b b" in shown.stdout
    told = "structbench: 'a b c a b c a' has 7 words, and the places are 6\n"
    assert shown.stderr == told
    alone = cli("translate", run, "a b c a b c a")
    assert (alone.exit_code, alone.stdout, alone.stderr) == (2, "", told)


def test_what_is_no_run_of_sequences_and_no_sentence_is_refused(
    cli: Cli, run: Path, tiny: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = train(tiny, runs_dir=tmp_path, smoke=True).summary.run
    shown = cli("translate", tmp_path / images, "a")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "learned images: it translates nothing" in shown.stderr
    monkeypatch.setattr("structbench.cli.translate._lines", list)
    shown = cli("translate", run)
    assert (shown.exit_code, shown.stderr) == (
        2,
        "structbench: there is no sentence to translate\n",
    )
    monkeypatch.setattr(kinds.Sequences, "digest", lambda self, folder: "another")
    shown = cli("translate", run, "a")
    assert shown.exit_code == 3
    assert "is not the data" in shown.stderr


def test_an_alignment_is_drawn(
    cli: Cli, folder: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    alignment = ModuleType("structbench.report.figures.alignment")

    def attention(*given: object) -> object:
        drawn.extend(given)
        return drawn_figure(1, 1, lambda figure: None)

    alignment.attention = attention  # type: ignore[attr-defined]
    monkeypatch.setattr(figures, "alignment", alignment, raising=False)
    for kind, start in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        file = tmp_path / f"picture.{kind}"
        assert cli("translate", run, "b c a", "--alignment", file).exit_code == 0
        assert file.read_bytes().startswith(start)
    weights, source, answer = drawn[:3]
    assert np.shape(weights) == (1, len(answer), len(source)) == (1, 3, 3)
    for arguments, told in (
        (("a", "--alignment", tmp_path / "x.jpg"), "should end in .svg or .png"),
        (("a", "b", "--alignment", tmp_path / "x.svg"), "draws one sentence; 2 are given"),
    ):
        shown = cli("translate", run, *arguments)
        assert shown.exit_code == 2
        assert told in shown.stderr
    other = folder / (folder / "at once.txt").read_text()
    shown = cli("translate", other, "a b c", "--alignment", tmp_path / "none.svg")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert (
        shown.stderr == "structbench: the network does not attend: there is no alignment to draw\n"
    )
    assert not (tmp_path / "none.svg").exists()
