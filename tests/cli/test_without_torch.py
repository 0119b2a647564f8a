"""No torch where nothing is computed: importing it takes longer than all that these do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from structbench.experiment.sweep import load_sweep, make_sweep_plan
from structbench.launch.execution import Execution
from structbench.launch.launchers import launch
from structbench.store.runs import Store

# One process for several commands: what one of them imports, stays.
CODE = """
import json, sys
from structbench.cli import app

# Typer itself imports pydantic to show some options' help.
assert "pydantic" not in sys.modules
commands, unwanted = map(json.loads, sys.argv[1:])
for words in commands:
    try:
        app(words)
    except SystemExit as end:
        code = end.code
    assert bool(code) == ("cnnn" in words), (words, code)
    found = set(unwanted) & sys.modules.keys()
    assert not found, (words, found)
"""

CONFIG = """
models:
  linear: {family: linear}
  fnn: {family: fnn, hidden: [8]}
seeds: 1
data: {train_size: 100, test_size: 20}
training: {epochs: 1}
conditions: [clean, "rotate:30", "gaussian_blur:1"]
"""
SWEPT = f"{CONFIG}name: swept\naxes: {{data.train_size: [50, 100]}}\n"


def perform(commands: list[list[str]], unwanted: list[str]) -> None:
    """Run these in turn in another process, which must not import what is unwanted."""
    code = [sys.executable, "-c", CODE, json.dumps(commands), json.dumps(unwanted)]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_imports_next_to_nothing() -> None:
    heavy = ["torch", "torchvision", "numpy", "scipy", "rich", "yaml"]
    perform([["--help"], ["train", "--help"], ["data", "--help"]], heavy)


def test_commands_that_compute_nothing_do_without_torch(tmp_path: Path) -> None:
    one, several = tmp_path / "one.yaml", tmp_path / "several.yaml"
    one.write_text(CONFIG)
    several.write_text(SWEPT)
    runs = Store(tmp_path / "runs")
    plan = make_sweep_plan(load_sweep(several), "cpu", tmp_path)
    name = [
        ended.run.id
        for ended in launch(plan.in_order, Execution(runs_dir=runs.root, data_dir=tmp_path))
    ][-1]
    where = ["--runs-dir", str(runs.root)]
    of_fnn = ["--set", "model.hidden=[8]", "--set", "data={train_size: 100, test_size: 20}"]
    alike = ["--set", "training={epochs: 1}", "--set", "conditions=['rotate:30']"]
    perform(
        [
            ["data"],
            ["data", "cifar10", "--json"],
            ["models"],
            ["models", "cnn"],
            ["schema", "sweep"],
            ["runs", *where],
            ["runs", "verify", *where],
            ["train", "cnnn", *where],
            ["train", "fnn", *of_fnn, *alike, *where],
            ["sweep", str(several), "--dry-run", *where],
            ["sweep", str(several), *where],
            ["compare", str(one), *where],
            ["report", name, *where],
        ],
        ["torch", "torchvision"],
    )
