"""The files that a user's model consists of, and what it reaches while it runs."""

from __future__ import annotations

import os
import random
import signal
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from structbench import load_experiment, train
from structbench.errors import ConfigError, RunFolderError
from structbench.models.plugins import load_plugin, load_same, loaded_plugins, named_model
from structbench.models.sources import own_files
from structbench.store.runs import Store
from tests.own import SMALL, experiment, net, written

BODY = net("self.fc = nn.Linear(784, WIDTH)\nself.out = nn.Linear(WIDTH, 10)",
           "return self.out(self.fc(x))")  # fmt: skip


def with_sibling(folder: Path, how: str, width: int = 16) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "blocks.py").write_text(f"from deeper.inner import ONE\nWIDTH = {width} * ONE\n")
    (folder / "deeper").mkdir(exist_ok=True)
    (folder / "deeper" / "__init__.py").write_text("from .inner import ONE\n")
    (folder / "deeper" / "inner.py").write_text("ONE = 1\n")
    return written(folder, how + BODY)


AT_TOP = "from blocks import WIDTH\n"
LATER = "def _width():\n    from blocks import WIDTH\n    return WIDTH\n"
COMPUTED = "import importlib\nWIDTH = importlib.import_module('blo' + 'cks').WIDTH\n"


@pytest.mark.parametrize("how", [AT_TOP, "import blocks\nWIDTH = blocks.WIDTH\n", COMPUTED])
def test_a_file_beside_it_is_imported_and_part_of_the_name(tmp_path: Path, how: str) -> None:
    runs = []
    for width in (16, 32):
        path = with_sibling(tmp_path / "code", how, width)
        asked = experiment(path)
        assert asked.layer_table.parameters == 785 * width + (width + 1) * 10
        runs.append(train(asked, runs_dir=tmp_path).summary.run)
    assert runs[0] != runs[1]
    with pytest.raises(RunFolderError, match=r"own\.py is not what .* with: blocks\.py changed"):
        Store(tmp_path).read(runs[0])
    kept = tmp_path / runs[0] / "source"
    assert (kept / "blocks.py.txt").read_text().endswith("WIDTH = 16 * ONE\n")
    assert "blocks" not in sys.modules
    assert not list((tmp_path / "code").rglob("__pycache__"))


def test_all_that_may_be_imported_is_seen_without_running_it(tmp_path: Path) -> None:
    path = with_sibling(tmp_path, LATER + "WIDTH = 3\nimport numpy, json, none_such\n")
    assert set(own_files(path)) == {
        "own.py", "blocks.py", "deeper/__init__.py", "deeper/inner.py"
    }  # fmt: skip


def test_two_plugins_have_each_their_own_module_of_one_name(tmp_path: Path) -> None:
    for name, width in (("a", 3), ("b", 5)):
        path = with_sibling(tmp_path / name, AT_TOP, width)
        path.write_text(path.read_text().replace("class Net", f"class Net_{name}"))
        named_model(f"{path}:Net_{name}")
    widths = [load_experiment(f"Net_{n}").layer_table.parameters for n in "ab"]
    assert widths == [785 * 3 + 40, 785 * 5 + 60]


def test_the_name_does_not_depend_on_the_place(tmp_path: Path) -> None:
    digests = set()
    for place in ("here", "there"):
        named_model(f"{with_sibling(tmp_path / place, AT_TOP)}:Net")
        digests |= {plugin.digest for plugin in loaded_plugins()}
        load_same(loaded_plugins())
        from structbench.models import plugins

        plugins._families.clear()
    assert len(digests) == 1


def test_what_has_changed_since_is_not_loaded_as_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, net())
    named_model(f"{path}:Net")
    before = loaded_plugins()
    path.write_text(path.read_text() + "# changed\n")
    with pytest.raises(ConfigError, match="has changed since this command began"):
        load_same(before)


def random_states() -> tuple[object, ...]:
    numbers: tuple[object, ...] = np.random.get_state()  # type: ignore[assignment]
    return random.getstate(), str(numbers), str(torch.get_rng_state().tolist())


def test_what_a_file_draws_while_it_loads_is_always_the_same(tmp_path: Path) -> None:
    drawn = "K = random.random() + np.random.rand() + float(torch.rand(()))\n"
    body = drawn + net("nn.init.constant_(self.fc.bias, K)")
    weights = set()
    for seed in (0, 1):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        asked = experiment(written(tmp_path, f"{body}# {seed}: it is loaded again\n"))
        run = train(asked, runs_dir=tmp_path).summary.run
        weights.add(Store(tmp_path).weights_file(run))
    assert len(weights) == 1


def test_a_plugin_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    states = random_states()
    before = os.getcwd(), list(sys.argv), torch.get_num_threads(), sys.stdin, sys.stdout
    stops = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), warnings.filters[:]
    body = """
import argparse, os, signal, warnings
random.random(), torch.rand(1), np.random.rand()
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
warnings.simplefilter("ignore")
torch.set_default_device("meta")
torch.autograd.set_detect_anomaly(True)
argparse.ArgumentParser().parse_args()
os.chdir("/")
torch.set_num_threads(3)
torch.use_deterministic_algorithms(True)
print("hello")
"""
    asked = experiment(written(tmp_path, body + net(forward="random.random(); torch.rand(1)")))
    assert (torch.get_default_device().type, torch.is_anomaly_enabled()) == ("cpu", False)
    assert stops == (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
        warnings.filters,
    )
    train(asked, runs_dir=tmp_path / "runs")
    assert before == (os.getcwd(), sys.argv, torch.get_num_threads(), sys.stdin, sys.stdout)
    assert not torch.are_deterministic_algorithms_enabled()
    assert states == random_states()
    said = capsys.readouterr()
    assert (said.out, "hello" in said.err) == ("", True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sys.exit(0)", r"ends the program \(SystemExit: 0\).* if __name__ == \"__main__\":"),
        ("import os; os._exit(0)", r"ends the program \(SystemExit: 0\)"),
        ("raise SystemExit", r"ends the program \(SystemExit\)"),
        ("raise GeneratorExit", r"ends the program \(GeneratorExit\)"),
        ("import argparse; p = argparse.ArgumentParser(); p.add_argument('x'); p.parse_args()",
         "ends the program"),
        ("input('which? ')", "asks for input"),
        ("sys.stdin.read()", "asks for input"),
        ("torch.set_default_dtype(torch.float64)", "default dtype"),
        ("torch.set_grad_enabled(False)", "gradient mode"),
        ("nn.modules.module.register_module_forward_hook(print)", "hooks of all modules"),
        ("from none_such import x", "fails: ModuleNotFoundError"),
        ("class A(nn.Module", "fails: SyntaxError"),
    ],
)  # fmt: skip
def test_a_plugin_cannot_speak_for_structbench(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_plugin(written(tmp_path, f"{line}\n{net()}"))
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


OWN = """
class {name}({base}):
    {family}
    width: int = {width}
    def network(self, classes):
        parts = nn.Linear(784, self.width), nn.Linear(self.width, classes)
        return nn.Sequential(nn.Flatten(), *parts)
"""


def own(name: str, family: str = "", base: str = "TorchModel", width: int = 8) -> str:
    stated = f'family: Literal["{family}"] = "{family}"' if family else "pass"
    return OWN.format(name=name, base=base, family=stated, width=width)


def test_a_name_inherited_by_accident_is_no_name(tmp_path: Path) -> None:
    path = written(tmp_path, own("Small", "small") + own("Big", base="Small", width=128))
    assert named_model(f"{path}:Small")().width == 8  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match=r"inherits its .* 'small'.*Literal\[\"big\"\]"):
        named_model(f"{path}:Big")


def test_two_families_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"A and B in .* are both called 'x'"):
        load_plugin(written(tmp_path, own("A", "x") + own("B", "x"), "both.py"))
    load_plugin(written(tmp_path, own("A", "x"), "a.py"))
    with pytest.raises(ConfigError, match=r"B in \S+b\.py and A in \S+a\.py are both called 'x'"):
        load_plugin(written(tmp_path, own("B", "x"), "b.py"))


@pytest.mark.parametrize("name", ["mlp-b/16", "", ".x", "-x", "a b", "ä", "..", "x" * 61])
def test_a_name_that_is_no_folders_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="may hold at most 60 letters"):
        load_plugin(written(tmp_path, own("A", "x").replace('"x"', repr(name))))


def test_a_class_made_in_the_session_is_refused(tmp_path: Path) -> None:
    (loaded,) = load_plugin(written(tmp_path, own("A", "x")))

    class Mine(loaded):  # type: ignore[misc, valid-type]
        pass

    with pytest.raises(ValueError, match="Mine was made in this session"):
        load_experiment("fnn", SMALL).__class__(model=Mine())


def test_a_module_of_ones_own_package_is_named_by_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "ownpkg" / "deep").mkdir(parents=True)
    for folder in ("ownpkg", "ownpkg/deep"):
        (tmp_path / folder / "__init__.py").touch()
    written(tmp_path / "ownpkg" / "deep", "from ..sizes import WIDTH\n" + BODY, "nets.py")
    digests = set()
    for width in (3, 40):  # of other lengths: bytecode is told apart by size and second
        (tmp_path / "ownpkg" / "sizes.py").write_text(f"WIDTH = {width}\n")
        family = named_model("ownpkg.deep.nets:Net")
        parameters = load_experiment("Net", SMALL).layer_table.parameters
        assert parameters == 785 * width + (width + 1) * 10
        assert family.source
        assert {"ownpkg/deep/nets.py", "ownpkg/sizes.py"} <= set(family.source.files)
        digests.add(family.source.digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("none_such.models:Net", "no module 'none_such.models'.*a file is named FILE.py:NAME"),
        ("sys:exit", "module sys has no file"),
        ("torchvision.models:resnet1", "defines no model 'resnet1'; did you mean 'resnet18'"),
    ],
)
def test_what_is_wrong_with_an_installed_module_is_said(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        named_model(text)
