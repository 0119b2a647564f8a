"""Run folders, on records written by hand."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from structbench.errors import RunFolderError
from structbench.experiment.run import Run
from structbench.experiment.schema import Experiment
from structbench.machine.files import sealed
from structbench.outcome import Epoch, Outcome, Predictions, Summary
from structbench.store.runs import Store

LABELS = np.array([3, 1, 4, 1, 5], dtype=np.int64)


def make_outcome(run: Run) -> Outcome:
    summary = Summary(
        run=run.id,
        model="fnn",
        seed=0,
        smoke=False,
        # Of the largest networks people have, and SENet-154's: both are above 2³¹.
        parameters=3_000_000_000,
        macs=20_688_363_520,
        train_loss=0.5,
        misclassification={},
        examples={},
        seconds=0.0,
        precision="fp32",
        device="cpu",
        history=(Epoch(epoch=1, train_loss=0.5, seconds=1.0),),
        files={},
    )
    return Outcome(summary, {}).with_predictions({"clean": predictions(2)}, seconds=3.0)


def predictions(wrong: int) -> Predictions:
    """Answers of which the first `wrong` are not the labels."""
    predicted = LABELS.copy()
    predicted[:wrong] += 1
    confidence = np.linspace(0.5, 0.9, 5, dtype=np.float32)
    return Predictions(predicted, confidence, LABELS, np.arange(5))


WEIGHTS = save({"w": np.ones((2, 3), np.float32)})


@pytest.fixture
def run(tiny: Experiment) -> Run:
    return Run(tiny, "cpu", "digest", "2.0")


@pytest.fixture
def store(tmp_path: Path, run: Run) -> Store:
    """A store with one finished run."""
    store = Store(tmp_path / "a folder with ünïcode")
    store.begin(run, {"command": "x"})
    store.finish(run, make_outcome(run), WEIGHTS)
    return store


def test_what_is_written_is_read(store: Store, run: Run) -> None:
    again, outcome = store.read(run.id)
    assert again == run
    assert outcome.wrong("clean").tolist() == [True, True, False, False, False]
    assert outcome.summary.misclassification == {"clean": 0.4}
    assert (outcome.predictions["clean"].labels == LABELS).all()
    assert outcome.summary.examples == {"clean": 5}
    counts = (outcome.summary.parameters, outcome.summary.macs)
    assert counts == (3_000_000_000, 20_688_363_520)
    assert outcome.predictions["clean"].confidence[0] == np.float32(0.5)
    assert (store.weights(run.id)["w"] == 1).all()


def test_a_finished_run_has_no_checkpoint_and_no_temporary_file(store: Store, run: Run) -> None:
    files = {
        str(p.relative_to(store.folder(run))) for p in store.folder(run).rglob("*") if p.is_file()
    }
    assert files == {
        "run.json", "provenance.json", "history.jsonl", "weights.safetensors",
        "predictions/clean.safetensors", "outcome.json",
    }  # fmt: skip


def test_a_condition_is_added_without_rewriting_the_others(store: Store, run: Run) -> None:
    clean = store.folder(run) / "predictions" / "clean.safetensors"
    before = clean.stat().st_mtime_ns
    _, outcome = store.read(run.id)
    store.add(run, outcome.with_predictions({"rotate:30": predictions(1)}, seconds=1.0))
    _, more = store.read(run.id)
    assert more.summary.misclassification == {"clean": 0.4, "rotate:30": 0.2}
    assert more.summary.seconds == 4.0
    assert clean.stat().st_mtime_ns == before


def test_further_arrays_are_listed_and_checked(store: Store, run: Run) -> None:
    alignment = np.arange(6, dtype=np.float32).reshape(2, 3)
    kept = replace(make_outcome(run), tensors={"alignment": alignment})
    store.finish(run, kept, WEIGHTS)
    _, outcome = store.read(run.id)
    assert outcome.summary.tensors == ("alignment",)
    assert (outcome.tensors["alignment"] == alignment).all()
    path = store.folder(run) / "tensors" / "alignment.safetensors"
    assert "tensors/alignment.safetensors" in outcome.summary.files
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunFolderError, match="alignment"):
        store.read(run.id)
    store.discard(run)
    assert not path.exists()


def test_what_a_run_could_not_do_and_its_threads_are_kept(store: Store, run: Run) -> None:
    outcome = make_outcome(run)
    said = {"notices": ("one test example was not counted",), "threads": 3}
    told = replace(outcome, summary=outcome.summary.model_copy(update=said))
    store.finish(run, told, WEIGHTS)
    summary = store.read(run.id)[1].summary
    assert (summary.notices, summary.threads) == (said["notices"], 3)


def test_each_session_adds_to_the_provenance(store: Store, run: Run) -> None:
    store.begin(run, {"command": "again"})
    sessions = json.loads((store.folder(run) / "provenance.json").read_text())
    assert [session["command"] for session in sessions] == ["x", "again"]


@pytest.mark.parametrize("name", ["weights.safetensors", "predictions/clean.safetensors"])
@pytest.mark.parametrize("damage", ["truncated", "bit flipped", "pickle", "missing"])
def test_a_damaged_file_is_found_and_named(store: Store, run: Run, name: str, damage: str) -> None:
    path = store.folder(run) / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(
            {
                "truncated": content[:-1],
                "bit flipped": content[:-1] + bytes([content[-1] ^ 1]),
                "pickle": pickle.dumps({"w": 1}),
            }[damage]
        )
    with pytest.raises(
        RunFolderError, match=f"damaged.*{Path(name).name}|{Path(name).name}.*damaged"
    ):
        store.weights(run.id) if name.startswith("weights") else store.read(run.id)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("[]", "has format None"),
        ('{"format": 99}', "format 99, and this version of structbench reads format 3"),
        ('{"format": 2}', "format 2, and this version of structbench reads format 3"),
        ('{"format": 3}', "its content is not that of its SHA-256"),
    ],
)
def test_an_outcome_that_is_none(store: Store, run: Run, content: str, message: str) -> None:
    (store.folder(run) / "outcome.json").write_text(content)
    with pytest.raises(RunFolderError, match=message):
        store.read(run.id)
    (entry,) = store.entries()
    assert entry.state == "damaged"


def test_a_condition_in_an_outcome_cannot_leave_the_folder(store: Store, run: Run) -> None:
    path = store.folder(run) / "outcome.json"
    content = json.loads(path.read_text())
    content["misclassification"] = {"../../canary": 0.1}
    content["examples"] = {"../../canary": 5}
    del content["sha256"]
    path.write_text(json.dumps(sealed(content)))
    with pytest.raises(RunFolderError, match="unknown condition"):
        store.read(run.id)


def test_a_folder_under_another_name_is_refused(store: Store, run: Run) -> None:
    store.folder(run).rename(store.root / "fnn-s9-0000000000")
    with pytest.raises(RunFolderError, match="belongs to"):
        store.read("fnn-s9-0000000000")


@pytest.mark.parametrize("name", ["nothing", "..", "a/b", ""])
def test_a_run_that_is_not_there(store: Store, name: str) -> None:
    with pytest.raises(RunFolderError, match="no run"):
        store.read(name)


def test_entries_tell_finished_unfinished_and_damaged_apart(
    store: Store, run: Run, tiny: Experiment
) -> None:
    unfinished = Run(tiny.model_copy(update={"seed": 1}), "cpu", "digest", "2.0")
    store.begin(unfinished, {})
    store.write_history(unfinished, [Epoch(epoch=1, train_loss=0.5, seconds=1.0)])
    (store.root / "not a run").mkdir()
    (store.folder(run) / "weights.safetensors").unlink()
    found = {entry.name: (entry.state, entry.reason) for entry in store.entries()}
    assert found == {
        run.id: ("damaged", "missing: weights.safetensors"),
        unfinished.id: ("unfinished", "1 epoch done"),
    }


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write"):
        Store(tmp_path / "file").begin(run, {})
