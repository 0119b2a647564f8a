"""A comparison on a graph of one's own, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from structbench.experiment.cost import few_steps
from structbench.experiment.load import load_experiment
from structbench.experiment.run import make_run
from structbench.store.runs import Store
from tests.data.graphs.own import EDGES, NODES, written

Cli = Callable[..., Result]


def folder_of(path: Path) -> Path:
    """60 nodes in two groups; six have no class, three no edge."""
    rng = np.random.default_rng(0)
    edges = {(int(a), int(a + 2 * rng.integers(1, 20)) % 56) for a in rng.integers(0, 56, 150)}
    labels = ["" if i % 10 == 0 else f"group {i % 2}" for i in range(60)]
    nodes = [f"n{i},{labels[i]},{i % 2 + rng.normal():.3f},{i}\n" for i in range(60)]
    return written(
        path,
        {
            "edges.csv": "source,target\n" + "".join(f"n{a},n{b}\n" for a, b in edges),
            "nodes.csv": "id,label,size,age\n" + "".join(nodes),
        },
    )


@pytest.mark.usefixtures("few_pictures")
def test_a_comparison(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then from a moved folder, with nothing to train; then with its structure taken out."""
    monkeypatch.chdir(tmp_path)
    folder = folder_of(tmp_path / "mine")
    asked = (
        "compare", "gcn", "fnn", "--seeds", "2", "--jobs", "1", "--set", "models.fnn.hidden=[8]",
        "--set", "training.steps=20", "--condition", "clean", "--condition", "drop_edges:0.5",
    )  # fmt: skip
    result = cli(*asked, "--data", folder, "--json")
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in Path("runs").iterdir() if "-s" in path.name)
    assert len(names) == 4
    for name in names:
        run, outcome = Store(Path("runs")).read(name)
        tested = outcome.predictions["clean"].examples
        assert len(tested) == 11
        assert (tested % 10 != 0).all()
        assert any("nodes without a class: 6 of 60" in of for of in outcome.summary.notices)
        assert not any("steps of training" in of for of in outcome.summary.notices)
        assert str(tmp_path) not in json.dumps(run.identity)

    folder.rename(tmp_path / "moved")
    again = cli(
        "train", "gcn", "--data", "moved", "--quiet", "--set", "training.steps=20",
        "--set", "conditions=[clean, 'drop_edges:0.5']",
    )  # fmt: skip
    assert again.exit_code == 0, again.output
    assert sorted(path.name for path in Path("runs").iterdir() if "-s" in path.name) == names

    rewired = cli(
        "train", "gcn", "--data", "moved", "--set", "training.steps=1",
        "--set", "data.structure_removed=1", "--set", "data.train_per_class=3", "--quiet",
    )  # fmt: skip
    assert rewired.exit_code == 0, rewired.output


def test_a_few_passes_are_told(tmp_path: Path) -> None:
    folder = written(tmp_path, {"edges.csv": EDGES, "nodes.csv": NODES})

    def told(*settings: str, smoke: bool = False) -> str:
        experiment = load_experiment("gcn", settings, data=folder)
        return few_steps(make_run(experiment, "cpu", tmp_path, smoke))

    assert told("training.epochs=3").startswith("3 steps of training: on a graph an epoch is one")
    assert not told()
    assert told("training.steps=19")
    assert not told("training.steps=20")
    assert not told(smoke=True)
    pictures = make_run(load_experiment("fnn", ["training.steps=1"]), "cpu", tmp_path)
    assert not few_steps(pictures)


def test_what_is_wrong_exits_with_3_and_one_line(tmp_path: Path, cli: Cli) -> None:
    folder = written(tmp_path, {"edges.csv": EDGES, "nodes.csv": NODES + "a,x\n"})
    result = cli("train", "gcn", "--data", folder)
    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert line.endswith("nodes.csv:6: node 'a' is there already, in line 2")
