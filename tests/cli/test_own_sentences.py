"""Sentences of one's own from the command line: compared, translated, found again elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from structbench.data.own import places
from structbench.report.exhibits import EXHIBITS
from structbench.report.exhibits.bleu import bleu
from structbench.report.exhibits.word_errors import word_errors

Cli = Callable[..., Result]
SMALL = (
    "--set", "training={steps: 8, batch_size: 16, optimizer: {name: adam, learning_rate: 0.01}}",
    "--set", "data={test_size: 40, validation_size: 20}", "--seeds", "2", "--jobs", "1", "--quiet",
    "--condition", "clean", "--condition", "drop_words:0.5", "--condition", "training",
)  # fmt: skip
MODELS = (
    "transformer",
    "rnn",
    "--set",
    "models.transformer.depth=1",
    "--set",
    "models.rnn.hidden=8",
)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """200 short sentences; each word is translated by itself."""
    path = tmp_path / "pairs.tsv"
    words = [(a, b, c) for a in "abcdef" for b in "ghijkl" for c in "mnopqr"][:200]
    path.write_text(
        "".join(f"{a} {b}, {c}!\t{a * 2}, {b * 2} {c * 2}.\n" for a, b, c in words), "utf-8"
    )
    return path


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Where data were named is forgotten, as by another process."""

    def forget() -> None:
        places._named.clear()
        places._open.clear()

    return forget


def test_networks_are_compared_and_asked_on_sentences_of_ones_own(
    cli: Cli,
    pairs: Path,
    runs: Path,
    forgotten: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(EXHIBITS, "sequence", (word_errors, bleu))
    shown = cli("compare", *MODELS, "--data", pairs, *SMALL, "--runs-dir", runs)
    assert shown.exit_code == 0, shown.stderr
    (folder,) = runs.glob("compare-*")
    page = (folder / "report.html").read_text()
    for told in ("BLEU nrefs:1|case:mixed", "chrF", "tok:13a", "Words wrong"):
        assert told in page
    assert "pairs.tsv" not in "".join(f.read_text() for f in folder.glob("*.yaml"))
    run = next(runs.glob("transformer-s0-*"))
    forgotten()
    shown = cli("translate", run, "a g, m!")
    assert shown.exit_code == 3
    assert "--data PATH names them" in shown.stderr
    moved = pairs.rename(pairs.with_name("moved.tsv"))
    shown = cli("translate", run, "a g, m!", "z g", "--data", moved, "--json")
    assert [t["unknown"] for t in json.loads(shown.stdout)] == [[], ["z"]]
    before = {path.name for path in runs.iterdir()}
    shown = cli("compare", *MODELS, "--data", moved, *SMALL, "--runs-dir", runs)
    assert shown.exit_code == 0
    assert {path.name for path in runs.iterdir()} == before
    shown = cli("evaluate", run, "--condition", "digits:3", "--data", moved)
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)
    assert "'digits:3' is of the data set numbers alone" in shown.stderr
