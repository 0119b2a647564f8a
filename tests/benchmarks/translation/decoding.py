"""Decoding in this process, both ways: `python -m tests.benchmarks.translation.decoding`.

Called with NETWORK EPOCHS SENTENCES; prints one line of JSON. Both have the weights of the same
training, so that their answers are as long.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from structbench.data.examples import Examples
from structbench.data.spec import default_data_folder
from structbench.decoding import decoded
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.models.build import build
from structbench.perform import perform
from structbench.training.checkpoint import unpacked
from tests.benchmarks.translation import plain
from tests.benchmarks.translation.asked import experiment_of
from tests.benchmarks.translation.weights import plain_network

Answers = NDArray[np.int64]

# What is answered before it counts.
FEW = 250


def main() -> None:
    network, epochs, sentences = sys.argv[1:]
    torch.set_num_threads(1)
    experiment = experiment_of(network, int(epochs), int(sentences))
    ours = _trained(experiment)
    theirs = plain_network(ours)
    test = experiment.data.load(default_data_folder(), experiment.seed).test
    seconds, answers = _timed(lambda some: decoded(ours, some, "fp32").predicted, test)
    plain_seconds, plain_answers = _timed(lambda some: plain.decode(theirs, some).numpy(), test)
    found = {
        "structbench": seconds,
        "plain": plain_seconds,
        "same": float((answers == plain_answers).all(axis=1).mean()),
        "wrong": float((answers != test.labels).any(axis=1).mean()),
    }
    sys.stdout.write(json.dumps(found) + "\n")


def _trained(experiment: Experiment) -> nn.Module:
    folder = default_data_folder()
    performed = perform(make_run(experiment, "cpu", folder), folder)
    network = build(experiment.model, experiment.data.problem, experiment.seed)
    network.load_state_dict(unpacked(performed.weights))
    return network


def _timed(decode: Callable[[Examples], Answers], test: Examples) -> tuple[float, Answers]:
    decode(test.take(np.arange(min(FEW, len(test)))))
    started = perf_counter()
    answers = decode(test)
    return perf_counter() - started, answers


if __name__ == "__main__":
    main()
