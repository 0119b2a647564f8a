"""Milliseconds a training step of each model family: `python -m tests.benchmarks.steps`.

StructBench's loop and a plain one in turns, in one process with one thread: the same network,
batch, optimiser and number of examples. The plain loop has all examples on the device as floats.
`--config mnist1d` measures the networks of a comparison on its data, trained as it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
from structbench.errors import ConfigError
from structbench.evaluation import unit_range
from structbench.experiment.comparison import load_comparison
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.models import MODELS
from structbench.models.build import build
from structbench.models.zoo import PublishedNetwork
from structbench.perform import perform
from structbench.training.optimizers import Adam
from structbench.training.recipe import Recipe
from tests.benchmarks.contestants.torch_parts import now
from tests.benchmarks.machine import machine
from tests.benchmarks.spread import Spread

BATCH, STEPS, FEW = 64, 300, 10
# A round is epochs after one that is not counted: it touches memory and makes kernels.
FIRST = 1
# Not those that were published: some take no image as small as MNIST's.
FAMILIES = [name for name, f in MODELS.items() if not issubclass(f, PublishedNetwork)]

if TYPE_CHECKING:
    Model = str
else:
    Model = StrEnum("Model", FAMILIES)
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
            "training": {"epochs": FIRST + 1, "batch_size": BATCH},
            "conditions": ["clean"],
        }
    )


def experiments_of(config: str, steps: int) -> dict[str, Experiment]:
    """The networks of a comparison by their names, each with at least so many steps to count."""
    found = {}
    for name, experiment in load_comparison([config]).experiments().items():
        if not isinstance(experiment.training.optimizer, Adam):
            raise ConfigError(f"{config}: the plain loop has Adam alone")
        an_epoch = experiment.training.steps_per_epoch(experiment.data.train_examples)
        length = {"epochs": FIRST + -(-steps // an_epoch), "steps": None}
        training = experiment.training.model_copy(update=length)
        found[name] = experiment.model_copy(update={"training": training})
    return found


def ours(experiment: Experiment, device: str) -> float:
    """Seconds of the epochs that count, as the training loop counts them in `perform`."""
    performed = perform(make_run(experiment, device, Path()), Path())
    return sum(epoch.seconds for epoch in performed.outcome.summary.history[FIRST:])


def plain(experiment: Experiment, device: str) -> float:
    """Seconds of those epochs of the loop that one writes with torch alone."""
    train = experiment.data.load(Path(), experiment.seed).train
    inputs = [unit_range(torch.from_numpy(array)).to(device) for array in train.inputs]
    labels = torch.from_numpy(train.labels).to(device)
    network = build(experiment.model, experiment.data.problem, experiment.seed, device)
    rate = experiment.training.optimizer.learning_rate
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    return sum([*_epochs(network, optimizer, inputs, labels, experiment.training)][FIRST:])


def _epochs(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: list[Tensor],
    labels: Tensor,
    training: Recipe,
) -> Iterator[float]:
    network.train()
    for _ in range(training.epochs):
        started = now(labels.device.type)
        for batch in torch.randperm(len(labels)).to(labels.device).split(training.batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(network(*(array[batch] for array in inputs)), labels[batch])
            loss.backward()
            optimizer.step()
        yield now(labels.device.type) - started


def measure(experiment: Experiment, rounds: int, device: str) -> dict[str, Spread]:
    """Milliseconds a step of both, and the plain loop's over StructBench's."""
    training = experiment.training
    steps = (training.epochs - FIRST) * training.steps_per_epoch(experiment.data.train_examples)
    both = [(ours(experiment, device), plain(experiment, device)) for _ in range(rounds)]
    return {
        "structbench": Spread.of([1000 * seconds / steps for seconds, _ in both]),
        "plain": Spread.of([1000 * seconds / steps for _, seconds in both]),
        "ratio": Spread.of([theirs / own for own, theirs in both]),
    }


def _examples(asked: Mapping[str, Experiment]) -> str:
    return " or ".join(dict.fromkeys(str(one.training.batch_size) for one in asked.values()))


def main(
    quick: Annotated[bool, typer.Option("--quick", help="One round: does it run?")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each loop.")] = 5,
    model: Annotated[list[Model], typer.Option(help="Default: all.")] = [],  # noqa: B006
    config: Annotated[
        str | None, typer.Option(help="A comparison whose networks are measured instead.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where both train.")] = Device.cpu,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure a step of StructBench's training loop beside one of a plain loop."""
    torch.set_num_threads(1)
    before = machine()
    rounds, steps = (1, FEW) if quick else (rounds, STEPS)
    if config:
        asked = experiments_of(config, steps)
    else:
        asked = {name: experiment_of(name, steps) for name in map(str, model or FAMILIES)}
    found = {name: measure(one, rounds, str(device)) for name, one in asked.items()}
    title = f"a step of {_examples(asked)} examples on {device}, one thread"
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
