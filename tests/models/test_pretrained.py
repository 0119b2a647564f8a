"""Runs that begin with weights of a file, or with published ones."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision import models

import structbench
from structbench.errors import ConfigError, DataError
from structbench.experiment.comparison import load_comparison
from structbench.experiment.load import load_experiment
from structbench.experiment.run import Run, make_run
from structbench.experiment.schema import Experiment
from structbench.launch.task import _require_same_ground
from structbench.models import weights
from structbench.models.plugins import load_plugin
from structbench.store.runs import Store

NETWORK = "squeezenet1_1"
# Steps so small that all but chance stays as it began.
FEW = (
    f"model.name={NETWORK}",
    "data={train_size: 20, test_size: 10}",
    "training={epochs: 1, batch_size: 20, optimizer: {name: sgd, learning_rate: 1.0e-30}}",
    "conditions=[clean]",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the weights of a network, and with others."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("a", "b"):
        save_file(models.get_model(NETWORK).state_dict(), folder / f"{name}.safetensors")
    torch.save(models.resnet18().state_dict(), folder / "resnet18.pt")
    return folder


@pytest.fixture(autouse=True)
def _forget_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has the files that it names."""
    monkeypatch.setattr(weights, "_named", {})


def beginning_with(text: str | Path, *more: str) -> Experiment:
    return load_experiment("torchvision", (*FEW, f"model.weights={text}", *more))


def run_of(text: str | Path) -> Run:
    return make_run(beginning_with(text), "cpu", Path("data"))


def test_a_run_is_named_by_the_content_it_began_with(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(folder / "a.safetensors")
    (tmp_path / "elsewhere.bin").write_bytes((folder / "a.safetensors").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run_of("elsewhere.bin").id == run_of("./elsewhere.bin").id == run.id
    assert run_of(folder / "b.safetensors").id != run.id
    assert run.weights == run.identity["weights"]
    assert run.identity["experiment"]["model"]["weights"] == f"sha256:{run.weights}"
    assert "weights" not in run_of("null").identity


def test_a_file_is_named_on_the_command_line_alone(folder: Path, tmp_path: Path) -> None:
    file = folder / "a.safetensors"
    config = tmp_path / "a.yaml"
    config.write_text(f"model: {{family: torchvision, name: {NETWORK}, weights: {file}}}")
    told = r"a.yaml:1:.*: model.weights: .* named on the command line: --set model.weights=FILE"
    with pytest.raises(ConfigError, match=told):
        load_experiment(config)
    assert load_experiment(config, [f"model.weights={file}"]).model == beginning_with(file).model
    config.write_text(
        f"models: {{cnn: {{family: cnn}}, net: {{family: torchvision, name: {NETWORK}}}}}"
    )
    compared = load_comparison([str(config)], [f"models.net.weights={file}"])
    assert compared.models["net"] == beginning_with(file).model


@pytest.mark.parametrize(
    ("name", "told"),
    [("", "is a folder; it should be a file"), ("none.pt", "there is no file .*none.pt")],
)
def test_what_is_no_file_is_told(folder: Path, name: str, told: str) -> None:
    with pytest.raises(ConfigError, match=f"^--set model.weights: .*{told}"):
        beginning_with(folder / name)


def test_weights_of_another_network_are_refused_before_anything_is_trained(folder: Path) -> None:
    with pytest.raises(ConfigError, match=rf"of torchvision {NETWORK}: .* missing"):
        run_of(folder / "resnet18.pt")


def test_an_option_of_ones_own_model_may_be_called_so(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import torch, structbench\n"
        "class Mine(structbench.TorchModel):\n"
        "    family: str = 'mine'\n"
        "    weights: str = ''\n"
        "    def network(self, classes):\n"
        "        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, classes))\n"
    )
    load_plugin(file)
    path = str(folder / "a.safetensors")
    assert load_experiment("mine", [f"model.weights={path}"]).model.model_dump()["weights"] == path


def test_the_file_is_known_wherever_its_run_travels(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes((folder / "a.safetensors").read_bytes())
    run = run_of(tmp_path / "a")
    packed = pickle.dumps(replace(run, experiment=run.experiment.model_copy(deep=True)))
    assert str(tmp_path).encode() not in run.experiment.model_dump_json().encode()
    monkeypatch.setattr(weights, "_named", {})
    there: Run = pickle.loads(packed)
    assert there.id == run.id
    _require_same_ground(there, Path("data"))
    (tmp_path / "a").write_bytes((folder / "b.safetensors").read_bytes())
    with pytest.raises(DataError, match="a is not what it was when it was named"):
        _require_same_ground(there, Path("data"))
    (tmp_path / "a").unlink()
    with pytest.raises(DataError, match=f"the weights of torchvision: {tmp_path / 'a'} is not on"):
        _require_same_ground(there, Path("data"))


def test_a_finished_run_needs_no_file_any_more(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "gone"
    file.write_bytes((folder / "a.safetensors").read_bytes())
    began = load_file(file)
    found = structbench.train(beginning_with(file), runs_dir=tmp_path / "runs")
    digest, name = weights.digest_of(file), found.summary.run
    assert f"began from weights (sha256 {digest[:8]}…)" in found.summary.notices
    store = Store(tmp_path / "runs")
    trained = store.weights(name)
    head = {key for key in began if began[key].shape != trained[f"body.{key}"].shape}
    assert head == {"classifier.1.weight", "classifier.1.bias"}
    kept = ((trained[f"body.{key}"], began[key]) for key in began.keys() - head)
    assert all(np.allclose(one, other, atol=1e-20) for one, other in kept)

    file.unlink()
    weights._named.clear()
    again = structbench.train(beginning_with(f"sha256:{digest}"), runs_dir=tmp_path / "runs")
    assert again.summary.run == name
    more = structbench.evaluate(name, ["invert"], runs_dir=tmp_path / "runs")
    assert set(more.predictions) == {"clean", "invert"}
    assert store.read(name)[0].weights == digest
    with pytest.raises(ConfigError, match=r"begins with weights .*: name the file"):
        structbench.train(beginning_with(f"sha256:{digest}", "seed=1"), runs_dir=tmp_path / "runs")


def test_published_weights_are_those_of_the_file_in_the_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (folder / "a.safetensors").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    file = tmp_path / "hub" / "checkpoints" / f"squeezenet1_1-{digest[:8]}.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    published = models.get_model_weights(NETWORK).DEFAULT.value
    monkeypatch.setattr(published, "url", f"http://localhost:9/{file.name}")
    run = run_of("imagenet")
    assert run.weights == digest
    network = run.experiment.model.network(run.experiment.data.problem)
    told = run.experiment.model.start(network, run.experiment.data.problem)
    assert told == f"began from imagenet weights (torchvision {NETWORK}, sha256 {digest[:8]}…)"
    file.write_bytes(content[:-100])
    with pytest.raises(DataError, match="delete it"):
        run_of("imagenet")
