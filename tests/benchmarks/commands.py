"""What the commands themselves cost: `python -m tests.benchmarks.commands`.

Each time is that of a whole command in a fresh process. One row of the table is one function of
MEASUREMENTS; they share nothing, so `--only NAME` measures one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.fabricated import fabricate
from tests.benchmarks.machine import machine
from tests.benchmarks.process import structbench
from tests.benchmarks.spread import Spread

CONDITIONS = (
    "shift:2",
    "translate:3,0",
    "rotate:15",
    "scale:1.2",
    "shear:15",
    "gaussian_noise:0.2",
    "impulse_noise:0.1",
    "gaussian_blur:1",
    "occlude:8",
    "invert",
    "contrast:0.5",
    "rotate:-15",
)
"""Twelve, of every kind but `clean`."""


IMAGES = 10_000  # all test images


@dataclass(frozen=True)
class Scale:
    """How much is measured; `quick` only asks whether it runs."""

    rounds: int = 3
    listed: int = 1000
    compared: int = 20
    seeds: int = 8
    swept: int = 150
    quick: bool = False

    @property
    def fewer(self) -> list[str]:
        """Options of `train` and `compare`: one epoch, on all images or on few."""
        size = ["--set=data={train_size: 2000, test_size: 1000}"] if self.quick else []
        return ["--set=training.epochs=1", *size, "--quiet"]


QUICK = Scale(rounds=1, listed=20, compared=3, seeds=2, swept=10, quick=True)

Found = dict[str, tuple[str, Spread]]
"""What → (unit, measurements)."""


def help_text(scale: Scale, root: Path) -> Found:
    """`structbench --help`."""
    return {"structbench --help": ("s", _seconds(scale, "--help"))}


def listing(scale: Scale, root: Path) -> Found:
    """`structbench runs`, which reads one small file of each run."""
    fabricate(["fnn", "linear"], scale.listed // 2, 10, root)
    found = _seconds(scale, "runs", "--runs-dir", root)
    return {f"structbench runs, {scale.listed:,} runs": ("s", found)}


def finished_comparison(scale: Scale, root: Path) -> Found:
    """`structbench compare` where all runs are finished: writing the report, then finding it."""
    fabricate(["cnn", "fnn"], scale.compared, IMAGES, root)
    command = ("compare", "cnn", "fnn", f"--seeds={scale.compared}", "--device=cpu", "--quiet")
    first = structbench(*command, "--runs-dir", root)
    what = f"structbench compare, 2 × {scale.compared} finished runs"
    return {
        f"{what}, first call": ("s", Spread.of([first.seconds])),
        f"{what}, second call": ("s", _seconds(scale, *command, "--runs-dir", root)),
    }


def jobs(scale: Scale, root: Path) -> Found:
    """`structbench compare`, one run at a time and two at a time, in turns."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    command = ("compare", "fnn", "linear", f"--seeds={scale.seeds}", "--device=cpu", *scale.fewer)
    for index in range(scale.rounds):
        for count, found in seconds.items():
            folder = root / f"{index}-{count}"
            found.append(structbench(*command, f"--jobs={count}", "--runs-dir", folder).seconds)
    what = f"structbench compare fnn linear --seeds {scale.seeds}, 1 epoch"
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    return {
        f"{what}, --jobs 1": ("s", Spread.of(seconds[1])),
        f"{what}, --jobs 2": ("s", Spread.of(seconds[2])),
        f"{what}, times faster with --jobs 2": ("×", Spread.of(ratios)),
    }


SWEEP = """\
name: many small runs
models: {fnn: {family: fnn, hidden: [8]}, linear: {family: linear}}
data: {test_size: 100}
training: {steps: 2}
conditions: [clean]
axes: {data.train_size: [100]}
"""


def sweep(scale: Scale, root: Path) -> Found:
    """What a run of a sweep costs besides training: 2 steps on 100 images, two runs at a time.

    (s_many − s_few) / (many − few): the whole command with many runs less the same with 4, which
    has its start, its processes' and a report; what the report of more seeds takes is in it.
    """
    config = root.parent / "sweep.yaml"
    config.write_text(SWEEP)
    few, many, found = 2, scale.swept, []
    for index in range(scale.rounds):
        short, long = (
            structbench(
                *("sweep", config, f"--seeds={seeds}", "--jobs=2", "--device=cpu", "--quiet"),
                *("--runs-dir", root / f"{index}-{seeds}"),
            ).seconds
            for seeds in (few, many)
        )
        found.append(1000 * (long - short) / (2 * (many - few)))
    return {f"a run of 2 steps in a sweep of {2 * many}, --jobs 2": ("ms", Spread.of(found))}


def memory(scale: Scale, root: Path) -> Found:
    """The most that `structbench train` holds."""
    return {
        f"structbench train {model}, 1 epoch, peak memory": (
            "MB",
            Spread.of([_train(model, scale, root)[1] for _ in range(scale.rounds)]),
        )
        for model in ("cnn", "fnn")
    }


def conditions(scale: Scale, root: Path) -> Found:
    """Twelve conditions on all test images, against one epoch of the same CNN.

    The seconds are those the run itself has counted, without starting the command.
    """
    epochs, evaluations = [], []
    for index in range(scale.rounds):
        folder = root / str(index)
        trained, _ = _train("cnn", scale, folder)
        asked = [f"--condition={condition}" for condition in CONDITIONS]
        run = str(trained["run"])
        ended = structbench("evaluate", run, *asked, "--json", "--runs-dir", folder)
        epochs.append(float(trained["history"][0]["seconds"]))
        evaluations.append(float(json.loads(ended.stdout)["seconds"]) - float(trained["seconds"]))
    shares = [e / epoch for e, epoch in zip(evaluations, epochs, strict=True)]
    return {
        "one CNN epoch": ("s", Spread.of(epochs)),
        f"12 conditions on {trained['examples']:,} images, CNN": ("s", Spread.of(evaluations)),
        "12 conditions over one CNN epoch": ("×", Spread.of(shares)),
    }


def _train(model: str, scale: Scale, folder: Path) -> tuple[dict[str, Any], float]:
    """The outcome of a training, and its peak memory in MB."""
    ended = structbench(
        "train", model, "--force", "--json", "--device=cpu", *scale.fewer, "--runs-dir", folder
    )
    return json.loads(ended.stdout), ended.peak_mb


def _seconds(scale: Scale, *arguments: str | Path) -> Spread:
    """Of commands that take less than a second: more of them, and not the first."""
    structbench(*arguments)  # reads the files once, so that they are in the system's cache
    return Spread.of([structbench(*arguments).seconds for _ in range(3 * scale.rounds)])


MEASUREMENTS: dict[str, Callable[[Scale, Path], Found]] = {
    "help": help_text,
    "runs": listing,
    "compare": finished_comparison,
    "jobs": jobs,
    "sweep": sweep,
    "memory": memory,
    "conditions": conditions,
}

if TYPE_CHECKING:
    Name = str
else:
    Name = StrEnum("Name", list(MEASUREMENTS))


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Little of all: does it run?")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Of each measurement.")] = 3,
    only: Annotated[list[Name], typer.Option(help="Which. Default: all.")] = [],  # noqa: B006
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure what StructBench's commands cost."""
    scale, before = QUICK if quick else Scale(rounds), machine()
    found: Found = {}
    for name in [str(n) for n in only] or list(MEASUREMENTS):
        Console(stderr=True).print(name)
        with TemporaryDirectory() as folder:
            found |= MEASUREMENTS[name](scale, Path(folder) / "runs")
    table = Table("what", title="commands", title_justify="left")
    table.add_column("median (range)", justify="right")
    table.add_column("")
    for what, (unit, spread) in found.items():
        table.add_row(what, spread.text(".0f" if unit in ("MB", "ms") else ".2f"), unit)
    Console(highlight=False).print(table)
    if output:
        rows = {what: {"unit": unit, **asdict(spread)} for what, (unit, spread) in found.items()}
        output.write_text(json.dumps({"machine": before, "commands": rows}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
