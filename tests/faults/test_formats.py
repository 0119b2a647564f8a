"""Folders of another format are refused by their number, with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structbench import compare, load_comparison
from structbench.errors import RunFolderError
from structbench.store.results import read_comparison
from structbench.store.runs import Store

SMALL = ("data={train_size: 100, test_size: 50}", "training.epochs=1", "seeds=1")


@pytest.mark.parametrize("number", [0, 1, 99, "3", None, 1e9, True])
def test_a_format_that_is_not_known_is_refused_by_its_number(
    tmp_path: Path, number: object
) -> None:
    spec = load_comparison(["linear", "fnn"], [*SMALL, "models.fnn.hidden=[4]"])
    folder = tmp_path / compare(spec, runs_dir=tmp_path, threads=1).name
    run = next(tmp_path.glob("fnn-s0-*"))
    for path in (run / "outcome.json", folder / "comparison.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}))
    with pytest.raises(RunFolderError, match=r"has format .*read it with the version that"):
        Store(tmp_path).read(run.name)
    with pytest.raises(RunFolderError, match=r"has format .*read it with the version that"):
        read_comparison(folder)
