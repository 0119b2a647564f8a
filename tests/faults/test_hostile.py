"""Files from strangers: refused or shown as text; nothing in them ever runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from structbench import api, load_comparison, load_experiment, train
from structbench.errors import RunFolderError, StructBenchError
from structbench.experiment.strict_yaml import LARGEST_BYTES
from structbench.machine.files import sealed
from structbench.store.runs import Store
from tests.conftest import TINY
from tests.faults.victim import end_server, limited
from tests.made import HOSTILE


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    yield
    end_server()


Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    experiment = load_experiment("fnn", [*TINY, "training.epochs=1"])
    return runs / train(experiment, runs_dir=runs).summary.run


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A finished run that a stranger may alter."""
    shutil.copytree(finished.parent, tmp_path / "runs")
    return tmp_path / "runs" / finished.name


def altered(folder: Path, **changes: Any) -> None:
    """Another outcome.json, with a seal that is right: a stranger can compute one."""
    path = folder / "outcome.json"
    content = json.loads(path.read_text()) | changes
    content.pop("sha256")
    path.write_text(json.dumps(sealed(content)))


def planted(folder: Path, name: str, content: bytes) -> None:
    """Another file, with the outcome's SHA-256 of it right."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / "outcome.json").read_text())["files"]
    altered(folder, files={**files, name: hashlib.sha256(content).hexdigest()})


class Payload:
    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.canary),)


def safetensors(header: dict[str, Any], body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


CLEAN, WEIGHTS = "predictions/clean.safetensors", "weights.safetensors"
HUGE = {"dtype": "F32", "shape": [2**31, 2**31], "data_offsets": [0, 2**64 - 1]}
EMPTY = {"dtype": "I64", "shape": [2**60, 0], "data_offsets": [0, 0]}


@pytest.mark.parametrize("name", [CLEAN, WEIGHTS])
@pytest.mark.parametrize(
    "content",
    [
        safetensors({"labels": HUGE}),
        safetensors(dict.fromkeys(("labels", "predicted", "confidence", "examples"), EMPTY)),
        struct.pack("<Q", 2**63) + b"{}",
        safetensors({"labels": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
        b"",
        b"\x00" * 100,
    ],
    ids=["huge", "empty", "header", "one", "nothing", "zeros"],
)
def test_odd_safetensors_are_refused(folder: Path, name: str, content: bytes) -> None:
    planted(folder, name, content)
    with pytest.raises(RunFolderError):
        api.evaluate(folder, ["invert"])


@pytest.mark.parametrize("name", [CLEAN, WEIGHTS, "run.json", "provenance.json", "history.jsonl"])
def test_a_pickle_is_never_loaded(folder: Path, cli: Cli, name: str) -> None:
    canary = folder.parent / "canary"
    planted(folder, name, pickle.dumps(Payload(canary)))
    for command in (
        ["evaluate", folder, "--condition", "invert"],
        ["report", folder],
        ["runs", "--runs-dir", folder.parent],
        ["runs", "verify", "--runs-dir", folder.parent],
    ):
        result = cli(*command)
        assert "Traceback" not in result.stderr
    assert not canary.exists()
    pickle.loads((folder / name).read_bytes())
    assert canary.exists(), "the payload would have shown"


@pytest.mark.parametrize(
    "condition",
    ["../../canary", "/etc/passwd", "clean/../../x", "clean\x00", HOSTILE, "clean:../x"],
)
def test_a_condition_cannot_lead_out_of_the_folder(folder: Path, condition: str) -> None:
    before = set(folder.parent.parent.rglob("*"))
    altered(folder, misclassification={condition: 0.5}, examples={condition: 200})
    with pytest.raises(RunFolderError):
        api.evaluate(folder, ["invert"])
    assert set(folder.parent.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["../../canary", "/etc/passwd", "a/b", "", "..", "a\x00", HOSTILE])
def test_a_tensor_cannot_lead_out_of_the_folder(folder: Path, name: str) -> None:
    before = set(folder.parent.parent.rglob("*"))
    altered(folder, tensors=[name])
    with pytest.raises(RunFolderError, match=r"is not an outcome: tensors\.0"):
        api.evaluate(folder, ["invert"])
    assert set(folder.parent.parent.rglob("*")) == before


def test_a_tensor_that_is_not_listed_is_missed(folder: Path) -> None:
    altered(folder, tensors=["alignment"])
    with pytest.raises(RunFolderError, match=r"tensors/alignment.safetensors is missing"):
        api.evaluate(folder, ["invert"])


def test_a_file_name_cannot_lead_out_of_the_folder(folder: Path, cli: Cli) -> None:
    outside = folder.parent.parent / "secret"
    outside.write_text("secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    for name in ("../../secret", str(outside)):
        files = json.loads((folder / "outcome.json").read_text())["files"]
        altered(folder, files={**files, name: digest})
        result = cli("runs", "verify", "--runs-dir", folder.parent)
        assert result.exit_code == 4
        assert "is not a file of a run" in " ".join(result.stdout.split())


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
@pytest.mark.parametrize("name", ["outcome.json", "run.json", CLEAN, WEIGHTS, "predictions"])
def test_links_are_refused(folder: Path, name: str) -> None:
    outside = folder.parent.parent / "outside"
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    with pytest.raises(RunFolderError, match="is a link"):
        api.evaluate(folder, ["invert"])
    if name == "predictions":
        assert {path.name for path in outside.iterdir()} == {
            "clean.safetensors", "translate=2,2.safetensors",
        }  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_nothing_is_written_through_a_link(folder: Path, tiny: Any) -> None:
    outside = folder.parent.parent / "outside"
    outside.mkdir()
    (folder.parent / "elsewhere").symlink_to(outside)
    run, _ = Store(folder.parent).read(folder.name)
    for path in folder.glob("predictions/*"):
        path.unlink()
    (folder / "predictions").rmdir()
    (folder / "predictions").symlink_to(outside)
    with pytest.raises(RunFolderError, match="is a link"):
        train(run.experiment, runs_dir=folder.parent, force=True)
    assert not list(outside.iterdir())


def test_names_with_markup_are_shown_as_text(folder: Path, cli: Cli) -> None:
    for i, name in enumerate((HOSTILE, "[red]x", "a\u202eb", "x" * 200)):
        other = folder.parent / name
        other.mkdir()
        (other / "run.json").write_text("{}")
        (other / "history.jsonl").write_text("{}\n" * i)
    result = cli("runs", "--runs-dir", folder.parent)
    assert result.exit_code == 0
    assert HOSTILE in result.stdout
    assert "[red]x" in result.stdout


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)
KEYS = (
    "run", "format", "misclassification", "files", "history", "examples", "seconds", "macs",
    "notices", "threads", "tensors",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), json_values, min_size=1, max_size=3))
def test_whatever_an_outcome_holds_it_is_read_or_refused(
    finished: Path, changes: dict[str, Any]
) -> None:
    path = finished / "outcome.json"
    whole = path.read_text()
    try:
        altered(finished, **changes)
        list(Store(finished.parent).entries())
        with contextlib.suppress(RunFolderError):
            Store(finished.parent).read(finished.name)
        api.verify(runs_dir=finished.parent)
    finally:
        path.write_text(whole)


@given(json_values)
def test_whatever_a_run_file_holds_it_is_read_or_refused(finished: Path, content: Any) -> None:
    for name in ("run.json", "provenance.json", "comparison.json"):
        path = finished / name
        whole = path.read_bytes() if path.exists() else None
        path.write_text(json.dumps(content))
        try:
            api.verify(runs_dir=finished.parent)
            list(Store(finished.parent).entries())
        finally:
            path.unlink()
            if whole is not None:
                path.write_bytes(whole)


YAML = {
    "tag": "model: !!python/object/apply:os.mkdir [canary]",
    "alias bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "\n".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]" for i in range(9)
    ),
    "deep": "[" * 10_000 + "]" * 10_000,
    "deep mappings": "".join(f"{' ' * i}a:\n" for i in range(1000)),
    "large": "a: " + "x" * (10 * 2**20),
    "many keys": "\n".join(f"k{i}: 1" for i in range(20_000)),
    "many items": f"model: {{family: fnn, hidden: [{','.join(['1'] * 60_000)}]}}",
    "wrong types": "model: 3\ndata: [1]\ntraining: x\nconditions: {a: 1}\nseed: {}\n",
    "binary": "\x00\x01\x02",
    "huge number": f"model: {{family: fnn}}\nseed: {'9' * 5000}",
}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
@pytest.mark.parametrize("name", YAML)
def test_a_hostile_config_is_refused_within_two_seconds_and_200_megabytes(
    tmp_path: Path, name: str
) -> None:
    path, said = tmp_path / "hostile.yaml", tmp_path / "said"
    path.write_text(YAML[name])
    for words in (("train", str(path)), ("compare", str(path))):
        # CPU seconds, so that a busy machine does not matter; both limits are hard ones.
        code = limited(*words, within=tmp_path, said=said, megabytes=200, seconds=2)
        told = said.read_text()
        assert code == 2, told[-500:]
        assert "Traceback" not in told
        if name not in ("large", "binary") and words[0] == "train":
            assert f"{path}:" in told
    assert {p.name for p in tmp_path.iterdir()} == {"hostile.yaml", "said"}
    assert LARGEST_BYTES <= 10 * 2**20


yaml_texts = st.text(
    alphabet=st.sampled_from("abcx01 .-:{}[],&*!|>#'\"\n\t?%@`~éモ"), max_size=60
) | st.sampled_from(sorted(text for text in YAML.values() if len(text) < 200))


@given(yaml_texts, st.sampled_from(["", "model: {family: cnn}\n", "models: {a: "]))
def test_whatever_a_config_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, before: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(before + text, encoding="utf-8")
    for load in (load_experiment, lambda p: load_comparison([str(p)])):
        with contextlib.suppress(StructBenchError):
            load(path)
