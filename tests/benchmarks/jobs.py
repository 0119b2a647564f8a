"""Whole jobs, and who does them: StructBench by its own command, each peer by a script."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.contestants import CONTESTANTS
from tests.benchmarks.process import ROOT

REFERENCE = "structbench"
# In scripts as an ordinary user of each would write them; the other contestants are variants.
PEERS = ("dataloader", "dataloader_2workers", "lightning", "skorch", "keras", "jax")
assert set(PEERS) <= set(CONTESTANTS)


@dataclass(frozen=True)
class Job:
    """What is asked: of StructBench in words, of its peers in numbers."""

    command: tuple[str, ...]
    models: tuple[str, ...]
    seeds: int
    epochs: int = 3
    images: int = 60_000

    def of(self, seeds: int) -> Job:
        """The same with so many seeds; one training remains one."""
        if self.seeds == 1:
            return self
        return replace(self, command=(*self.command, f"--seeds={seeds}"), seeds=seeds)

    def trained(self, epochs: int) -> Job:
        """The same with so many epochs."""
        command = (*self.command, f"--set=training.epochs={epochs}")
        return replace(self, command=command, epochs=epochs)

    def quick(self, images: int) -> Job:
        """The same with one epoch of so many training images."""
        less = self.trained(1)
        command = (*less.command, f"--set=data.train_size={images}")
        return replace(less, command=command, images=images)


JOBS = {
    "compare-lecture": Job(("compare", "lecture"), ("cnn", "fnn"), 3),
    "compare-4-seeds": Job(("compare", "cnn", "fnn", "--seeds=4"), ("cnn", "fnn"), 4),
    "train-cnn": Job(("train", "cnn"), ("cnn",), 1),
    "train-fnn": Job(("train", "fnn"), ("fnn",), 1),
}


Errors = dict[str, list[float]]
"""Model → share of the clean test images that each of its networks got wrong."""


class Contestant(ABC):
    """Who does a job, as one command in a checkout."""

    root = ROOT

    @abstractmethod
    def arguments(self, job: Job, runs: Path) -> tuple[str, ...]:
        """Of Python; runs: a folder for what it keeps."""

    @abstractmethod
    def errors(self, stdout: str, runs: Path) -> Errors:
        """Read from what it has printed or kept."""


class StructBench(Contestant):
    """The command line, with further options or from another checkout."""

    def __init__(self, options: Sequence[str] = (), root: Path = ROOT):
        self.options, self.root = tuple(options), root

    def arguments(self, job: Job, runs: Path) -> tuple[str, ...]:
        """The command as one types it."""
        return ("-m", "structbench", *job.command, *self.options, "--runs-dir", str(runs))

    def errors(self, stdout: str, runs: Path) -> Errors:
        """From the run folders."""
        found: Errors = {}
        for path in sorted(runs.glob("*/outcome.json")):
            outcome = json.loads(path.read_text())
            found.setdefault(outcome["model"], []).append(outcome["misclassification"]["clean"])
        return found


class Peer(Contestant):
    """A script of `contestants`."""

    def __init__(self, name: str):
        self.name = name

    def arguments(self, job: Job, runs: Path) -> tuple[str, ...]:
        """One process that loops over seeds and models; it keeps nothing."""
        asked = (",".join(job.models), job.epochs, job.images, "cpu", job.seeds)
        return ("-m", f"tests.benchmarks.contestants.{self.name}", *map(str, asked))

    def errors(self, stdout: str, runs: Path) -> Errors:
        """From the last line."""
        found = json.loads(stdout.splitlines()[-1])
        return {
            model: [result["misclassification"]["clean"] for result in results]
            for model, results in found.items()
        }
