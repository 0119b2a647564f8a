"""A run: an experiment with one model and one seed, named by what it is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from structbench.experiment.schema import Experiment

# What --smoke makes of an experiment: the whole way, in seconds.
SMOKE_EPOCHS = 1


@dataclass(frozen=True)
class Run:
    """Everything that decides what a training finds, and nothing else.

    device: "cpu", "cuda" or "mps"; data_digest: SHA-256 that names the data set's content
    weights: SHA-256 of those that training begins with; empty where chance draws them
    """

    experiment: Experiment
    device: str
    data_digest: str
    torch_version: str
    smoke: bool = False
    weights: str = ""

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What the name is a hash of: all that can change weights or test examples.

        Conditions are left out: they are looked at afterwards, so one more of them
        costs an evaluation, not a training.
        """
        asked = self.experiment.model_dump(mode="json", exclude={"conditions"})
        source = type(self.experiment.model).source
        return {
            **({"plugin": source.digest} if source else {}),
            **({"weights": self.weights} if self.weights else {}),
            "experiment": asked,
            "device": self.device,
            "data": self.data_digest,
            "torch": self.torch_version,
            "smoke": self.smoke,
        }

    @cached_property
    def id(self) -> str:
        """Name of the run folder: <model>-s<seed>-<hash>, with smoke- before it if it is one."""
        return run_id(self.identity)


def run_id(identity: Mapping[str, Any]) -> str:
    """The name of a run with this identity; KeyError or TypeError where it is none."""
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:10]
    asked, prefix = identity["experiment"], "smoke-" if identity["smoke"] else ""
    return f"{prefix}{asked['model']['family']}-s{asked['seed']}-{digest}"


def make_run(experiment: Experiment, device: str, data_folder: Path, smoke: bool = False) -> Run:
    """The run of an experiment on this machine; DataError if its data, or the weights
    that it begins with, cannot be had; ConfigError where these are of another network."""
    asked = _smoke(experiment) if smoke else experiment
    digest = asked.data.dataset.digest(data_folder)
    weights = asked.model.weights_digest(asked.data.problem)
    return Run(asked, device, digest, _torch_version(), smoke, weights)


@cache
def _torch_version() -> str:
    """Without importing torch; reading the package's metadata takes 2 ms each time."""
    return version("torch")


def _smoke(experiment: Experiment) -> Experiment:
    data, training = experiment.data, experiment.training
    fewer = data.smaller(*data.dataset.smoke_sizes)
    shorter = (
        {"steps": min(training.steps, training.steps_per_epoch(fewer.train_examples))}
        if training.steps
        else {"epochs": min(training.epochs, SMOKE_EPOCHS)}
    )
    return experiment.model_copy(
        update={"data": fewer, "training": training.model_copy(update=shorter)}
    )
