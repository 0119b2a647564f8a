"""Models of the user's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from typer.testing import Result

from structbench import load_experiment, train
from structbench.errors import ConfigError, Notice, RunFolderError
from structbench.models import MODELS, plugins
from structbench.models.plugins import families, load_plugin, named_model, plugin_family
from structbench.problem import Problem
from structbench.store.runs import Store

README = Path(__file__).parents[2] / "README.md"
SMALL = ["data={train_size: 300, test_size: 200}", "training.epochs=1"]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example of the README, as it stands there."""
    found = re.search(r"```python\n# net\.py\n(.*?)```", README.read_text(), re.DOTALL)
    assert found, "the README shows net.py"
    path = tmp_path / "net.py"
    path.write_text(found[1])
    return path


def written(folder: Path, body: str, name: str = "own.py") -> Path:
    path = folder / name
    path.write_text(f"from typing import Literal\nfrom torch import nn\n{body}")
    return path


OWN = """
from structbench import TorchModel
class Own(TorchModel):
    '''One of my own.'''
    family: Literal["own"] = "own"
    width: int = 8
    def network(self, problem):
        return {network}
"""
PLAIN = """nn.Sequential(
    nn.Flatten(), nn.Linear(784, self.width), nn.ReLU(), nn.Linear(self.width, problem.classes)
)"""


@pytest.mark.usefixtures("few_pictures")
def test_the_readmes_model_is_compared_with_fnn(
    example: Path, runs: Path, cli: Callable[..., Result]
) -> None:
    assert len([line for line in example.read_text().splitlines() if line]) <= 16
    result = cli(
        "compare", f"{example}:Patches", "fnn", "--seeds", 2, "--runs-dir", runs, "--json",
        "--set", SMALL[0], "--set", SMALL[1], "--set", "models.Patches.detectors=32", "--quiet",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    models = json.loads(result.stdout)["models"]
    assert list(models) == ["Patches", "fnn"]
    assert models["Patches"]["parameters"] == 32 * 49 + 32 + 32 * 16 * 10 + 10
    assert models["Patches"]["macs"] == 16 * 32 * 49 + 32 * 16 * 10
    assert models["Patches"]["notices"] == []


def test_parameters_and_operations_of_a_module_are_counted(tmp_path: Path) -> None:
    body = OWN.format(network="Shared()").replace(
        "class Own",
        """
class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(__import__("torch").ones(784))
        self.hidden = nn.Linear(784, 10)
        self.again = self.hidden
        self.unused = nn.Linear(3, 2)
        self.frozen = nn.Linear(10, 10).requires_grad_(False)
    def forward(self, x):
        x = x.flatten(1) * self.scale
        return self.frozen(self.hidden(x)) + self.again(x)
class Own""",
    )
    structure = named_model(f"{written(tmp_path, body)}:Own")().layer_table(
        Problem("image", (1, 28, 28), 10)
    )
    assert structure.parameters == 784 + 7850 + 8
    assert structure.macs == 2 * 7840 + 100


def test_the_file_is_part_of_a_runs_identity(tmp_path: Path, runs: Path) -> None:
    names = []
    for comment in ("", "# changed\n"):
        load_plugin(written(tmp_path, OWN.format(network=PLAIN) + comment))
        experiment = load_experiment("fnn", [*SMALL, "model={family: own}"])
        names.append(train(experiment, runs_dir=runs).summary.run)
    assert names[0] != names[1]
    with pytest.raises(RunFolderError, match=r"own\.py changed; a copy of what it was is in"):
        Store(runs).read(names[0])


def test_a_run_folder_or_config_never_makes_a_plugin_load(tmp_path: Path, runs: Path) -> None:
    leaves = f"with open({str(tmp_path / 'canary')!r}, 'a') as file: file.write('ran ')\n"
    body = OWN.format(network=PLAIN) + leaves
    path = written(tmp_path, body)
    load_plugin(path)
    name = train(load_experiment("fnn", [*SMALL, "model={family: own}"]), runs_dir=runs).summary.run
    assert (tmp_path / "canary").read_text() == "ran "
    command = [sys.executable, "-m", "structbench"]
    where = ["--runs-dir", str(runs)]
    listed = subprocess.run([*command, "runs", *where], capture_output=True, text=True, check=True)
    assert name in listed.stdout
    asked = [*command, "evaluate", name, "--condition", "invert", *where]
    refused = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert refused.returncode == 4
    assert "--plugin" in refused.stderr
    assert (tmp_path / "canary").read_text() == "ran "
    subprocess.run([*asked, "--plugin", str(path)], check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "canary").read_text() == "ran ran "


def test_an_installed_model_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, OWN.format(network=PLAIN), "installed_models.py")
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("own", "installed_models:Own", plugins.ENTRY_POINTS)
    monkeypatch.setattr(
        plugins, "entry_points", lambda **asked: EntryPoints([entry]).select(**asked)
    )
    assert "installed_models" not in sys.modules
    assert plugin_family("other") is None
    assert "installed_models" not in sys.modules, "only the one that is named is imported"
    assert load_experiment("fnn", ["model={family: own, width: 3}"]).layer_table.parameters == 2395
    assert "own" in families()


def test_an_installed_model_that_is_broken_is_told_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = EntryPoint("broken", "none_such:Own", plugins.ENTRY_POINTS)
    monkeypatch.setattr(
        plugins, "entry_points", lambda **asked: EntryPoints([entry]).select(**asked)
    )
    with pytest.warns(Notice, match="installed model 'broken'"):
        assert set(families()) == set(MODELS)
    with pytest.raises(ConfigError, match="no module 'none_such'"):
        plugin_family("broken")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x = 1", "defines no model"),
        ("raise ValueError('no')", "fails: ValueError: no"),
        ("def :", "fails: SyntaxError"),
        (OWN.format(network=PLAIN).replace('"own"', '"cnn"'), "the name 'cnn' is taken"),
        (
            OWN.format(network=PLAIN).replace('    family: Literal["own"] = "own"', ""),
            "needs a field",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_plugin(written(tmp_path, body))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("nn.Sequential(nn.Flatten(), nn.Linear(784, 3))", r"gives \(1, 3\).*\(1, 10\)"),
        ("nn.Sequential(nn.Flatten(), nn.Linear(3, 10))", "RuntimeError"),
        ("nn.Nothing()", "AttributeError"),
    ],
)
def test_what_is_wrong_with_a_network_is_said(tmp_path: Path, network: str, message: str) -> None:
    load_plugin(written(tmp_path, OWN.format(network=network)))
    with pytest.raises(ConfigError, match=message):
        load_experiment("fnn", ["model={family: own}"])


def test_mistakes_in_the_options_of_ones_own_model_are_explained(tmp_path: Path) -> None:
    path = written(tmp_path, OWN.format(network=PLAIN))
    with pytest.raises(ConfigError, match="defines no model 'Ow'; did you mean 'Own'"):
        named_model(f"{path}:Ow")
    with pytest.raises(ConfigError, match=r"model.widht: unknown key.*did you mean 'width'"):
        load_experiment("fnn", ["model={family: own, widht: 3}"])
    with pytest.raises(ConfigError, match="cannot read plugin"):
        load_plugin(tmp_path / "none.py")
