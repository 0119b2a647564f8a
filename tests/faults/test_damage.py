"""Truncated or with flipped bits: found, named, and no other run is the worse for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from structbench import Experiment, api, load_comparison, train
from structbench.errors import Interrupted, Notice, RunFolderError
from structbench.store.results import read_comparison
from structbench.store.run_files import read_run
from structbench.store.runs import Store
from structbench.training.progress import Progress
from tests.conftest import TINY

pytestmark = pytest.mark.usefixtures("few_pictures")


@pytest.fixture(scope="module")
def two(tiny: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with two finished runs."""
    runs = tmp_path_factory.mktemp("whole")
    for seed in (0, 1):
        train(tiny.model_copy(update={"seed": seed}), runs_dir=runs)
    return runs


def run_of(runs: Path, seed: int) -> Path:
    (folder,) = runs.glob(f"fnn-s{seed}-*")
    return folder


FILES = (
    "run.json", "provenance.json", "history.jsonl", "weights.safetensors", "outcome.json",
    "predictions/clean.safetensors", "predictions/translate=2,2.safetensors",
)  # fmt: skip


def test_every_file_of_a_run_is_among_those_that_are_damaged_here(two: Path) -> None:
    folder = run_of(two, 0)
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == set(FILES)
    assert all(not check.problems for check in api.verify(runs_dir=two))


def damaged(content: bytes, at: float, bit: int | None) -> bytes:
    """Cut off at a share of its length, or one bit turned there."""
    place = int(at * len(content))
    if bit is None:
        return content[:place]
    return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]


@pytest.mark.parametrize("name", FILES)
@given(
    at=st.floats(0, 1, exclude_max=True),
    bit=st.none() | st.integers(0, 7),
)
def test_damage_at_any_place_is_found(two: Path, name: str, at: float, bit: int | None) -> None:
    path = run_of(two, 0) / name
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, at, bit))
    try:
        if name == "outcome.json" and _same_json(whole, path.read_bytes()):
            return  # a space that became another space: nothing is lost
        first, second = sorted(api.verify(runs_dir=two), key=lambda check: check.name)
        assert any(Path(name).name in problem for problem in first.problems), first
        assert not second.problems, "the other run stays usable"
        assert Store(two).read(second.name)
    finally:
        path.write_bytes(whole)


def _same_json(a: bytes, b: bytes) -> bool:
    try:
        return bool(json.loads(a) == json.loads(b))
    except ValueError:
        return False


@pytest.mark.parametrize("name", ["outcome.json", "predictions/clean.safetensors", "run.json"])
def test_a_damaged_run_is_named_and_can_be_trained_anew(
    two: Path, tmp_path: Path, tiny: Experiment, name: str
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(two, runs)
    path = run_of(runs, 0) / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunFolderError, match="damaged") as error:
        train(tiny, runs_dir=runs)
    assert path.name in str(error.value)
    train(tiny, runs_dir=runs, force=True)
    assert all(not check.problems for check in api.verify(runs_dir=runs))


def test_a_comparison_goes_on_without_a_damaged_run(tmp_path: Path) -> None:
    asked = ["models.fnn.hidden=[16]", "seeds=3", *TINY[1:3]]
    spec = load_comparison(["linear", "fnn"], asked)
    first = api.compare(spec, runs_dir=tmp_path)
    weights = tmp_path / first.models["fnn"].runs[1] / "outcome.json"
    weights.write_bytes(weights.read_bytes()[:-20])
    second = api.compare(spec, runs_dir=tmp_path)
    (excluded,) = second.excluded
    assert (excluded.model, excluded.seed) == ("fnn", 1)
    assert "damaged" in excluded.reason
    assert second.seeds == (0, 2)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a comparison."""
    runs = tmp_path_factory.mktemp("comparison")
    spec = load_comparison(["linear", "fnn"], ["models.fnn.hidden=[8]", "seeds=1", *TINY[1:3]])
    return runs / api.compare(spec, runs_dir=runs).name


@given(at=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_a_damaged_comparison_is_found(compared: Path, at: float, bit: int) -> None:
    path = compared / "comparison.json"
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, at, bit))
    try:
        if not _same_json(whole, path.read_bytes()):
            with pytest.raises(RunFolderError, match=r"comparison\.json"):
                read_comparison(compared)
    finally:
        path.write_bytes(whole)


def stopped(tiny: Experiment, runs: Path) -> Path:
    """A run that was stopped after two of its three epochs."""

    def stop(progress: Progress) -> None:
        if len(progress.history) == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        train(tiny, runs_dir=runs, on_progress=stop)
    return run_of(runs, 0)


@pytest.mark.parametrize("name", ["provenance.json", "history.jsonl", "run.json"])
@pytest.mark.parametrize("bit", [None, 3])
def test_an_unfinished_run_goes_on_whatever_describes_it(
    tiny: Experiment, tmp_path: Path, name: str, bit: int | None
) -> None:
    folder = stopped(tiny, tmp_path)
    path = folder / name
    path.write_bytes(damaged(path.read_bytes(), 0.7, bit))
    (check,) = api.verify(runs_dir=tmp_path)
    if bit is None:
        assert any(name in problem for problem in check.problems)
    if name == "provenance.json" and bit is None:
        with pytest.warns(Notice, match="the sessions before this one are lost"):
            outcome = train(tiny, runs_dir=tmp_path)
    else:
        outcome = train(tiny, runs_dir=tmp_path)
    assert len(outcome.summary.history) == 3
    assert not api.verify(runs_dir=tmp_path)[0].problems


def test_of_a_torn_history_only_the_last_line_is_dropped_and_said_so(
    tiny: Experiment, tmp_path: Path
) -> None:
    folder = stopped(tiny, tmp_path)
    path = folder / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    (entry,) = Store(tmp_path).entries()
    assert (entry.state, entry.reason) == ("unfinished", "1 epoch done, 1 torn line left out")
    train(tiny, runs_dir=tmp_path)
    assert len(path.read_text().splitlines()) == 3


@pytest.fixture(scope="module")
def checkpoints(tiny: Experiment, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The two of an unfinished run, the older first."""
    return sorted(stopped(tiny, tmp_path_factory.mktemp("stopped")).glob("checkpoint-*"))


@given(at=st.floats(0, 0.999), bit=st.none() | st.integers(0, 7))
def test_a_damaged_checkpoint_is_never_used(
    checkpoints: list[Path], at: float, bit: int | None
) -> None:
    older, newer = checkpoints
    whole = newer.read_bytes()
    newer.write_bytes(damaged(whole, at, bit))
    try:
        run = read_run(newer.parent)
        with pytest.warns(Notice, match="going on from the one before it"):
            assert Store(newer.parents[1]).checkpoints(run).newest() == older
    finally:
        newer.write_bytes(whole)


def test_verify_names_what_is_damaged(
    two: Path, cli: Callable[..., Result], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(two, runs)
    assert cli("runs", "verify", "--runs-dir", runs).exit_code == 0
    path = run_of(runs, 1) / "weights.safetensors"
    path.write_bytes(b"")
    result = cli("runs", "verify", "--runs-dir", runs)
    assert result.exit_code == 4
    assert "weights.safetensors is damaged" in " ".join(result.stdout.split())
    assert "1 folder of 2 damaged" in result.stderr
    named = cli("runs", "verify", run_of(runs, 0).name, "--runs-dir", runs)
    assert named.exit_code == 0
    assert cli("runs", "verify", "nothing", "--runs-dir", runs).exit_code == 4
