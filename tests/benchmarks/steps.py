"""Milliseconds a training step of each model family: `python -m tests.benchmarks.steps`.

StructBench's loop and a plain one in turns, in one process with one thread: the same network,
batch, optimiser and number of examples. The plain loop has all examples on the device as floats.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn.functional import cross_entropy

from structbench.data import DATASETS
from structbench.evaluation import unit_range
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.models import MODELS
from structbench.models.build import build
from structbench.perform import perform
from tests.benchmarks.contestants.torch_parts import now
from tests.benchmarks.machine import machine
from tests.benchmarks.spread import Spread

BATCH, STEPS, FEW = 64, 300, 10
# A round is an epoch after one that is not counted: it touches memory and makes kernels.
EPOCHS = 2

if TYPE_CHECKING:
    Model = str
else:
    Model = StrEnum("Model", list(MODELS))
Device = StrEnum("Device", ["cpu", "cuda"])


def experiment_of(family: str, steps: int) -> Experiment:
    """Epochs of so many steps, on the first data set of a kind that the family takes.

    That is an embedded one: nothing is downloaded.
    """
    name = next(name for name, d in DATASETS.items() if d.kind in MODELS[family].takes)
    return Experiment.model_validate(
        {
            "model": {"family": family},
            "data": {"name": name, "train_size": steps * BATCH, "test_size": 100},
            "training": {"epochs": EPOCHS, "batch_size": BATCH},
            "conditions": ["clean"],
        }
    )


def ours(experiment: Experiment, device: str) -> float:
    """Seconds of the last epoch, as the training loop counts them in `perform`."""
    performed = perform(make_run(experiment, device, Path()), Path())
    return performed.outcome.summary.history[-1].seconds


def plain(experiment: Experiment, device: str) -> float:
    """Seconds of the last epoch of the loop that one writes with torch alone."""
    train = experiment.data.load(Path(), experiment.seed).train
    inputs = [unit_range(torch.from_numpy(array)).to(device) for array in train.inputs]
    labels = torch.from_numpy(train.labels).to(device)
    network = build(experiment.model, experiment.data.problem, experiment.seed, device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    return [*_epochs(network, optimizer, inputs, labels)][-1]


def _epochs(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, inputs: list[Tensor], labels: Tensor
) -> Iterator[float]:
    network.train()
    for _ in range(EPOCHS):
        started = now(labels.device.type)
        for batch in torch.randperm(len(labels)).to(labels.device).split(BATCH):
            optimizer.zero_grad()
            loss = cross_entropy(network(*(array[batch] for array in inputs)), labels[batch])
            loss.backward()
            optimizer.step()
        yield now(labels.device.type) - started


def measure(family: str, rounds: int, steps: int, device: str) -> dict[str, Spread]:
    """Milliseconds a step of both, and the plain loop's over StructBench's."""
    experiment = experiment_of(family, steps)
    both = [(ours(experiment, device), plain(experiment, device)) for _ in range(rounds)]
    return {
        "structbench": Spread.of([1000 * seconds / steps for seconds, _ in both]),
        "plain": Spread.of([1000 * seconds / steps for _, seconds in both]),
        "ratio": Spread.of([theirs / own for own, theirs in both]),
    }


def main(
    quick: Annotated[bool, typer.Option("--quick", help="One round: does it run?")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each loop.")] = 5,
    model: Annotated[list[Model], typer.Option(help="Default: all.")] = [],  # noqa: B006
    device: Annotated[Device, typer.Option(help="Where both train.")] = Device.cpu,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure a step of StructBench's training loop beside one of a plain loop."""
    torch.set_num_threads(1)
    before = machine()
    scale = (1, FEW) if quick else (rounds, STEPS)
    names = [str(m) for m in model] or list(MODELS)
    found = {name: measure(name, *scale, str(device)) for name in names}
    title = f"a step of {BATCH} examples on {device}, one thread"
    table = Table("model", title=title, title_justify="left")
    for column in ("structbench, ms", "plain loop, ms", "plain / structbench"):
        table.add_column(column, justify="right")
    for name, row in found.items():
        table.add_row(name, *(spread.text() for spread in row.values()))
    Console(highlight=False).print(table)
    if output:
        rows = {name: {k: asdict(s) for k, s in row.items()} for name, row in found.items()}
        output.write_text(json.dumps({"machine": before, "steps": rows}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
