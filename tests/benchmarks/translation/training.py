"""One training in this process: `python -m tests.benchmarks.translation.training`.

Called with NETWORK WHO EPOCHS SENTENCES; prints one line of JSON. All sentences are decoded
after it, as a run does too: so that both hold in memory what a run holds.
"""

from __future__ import annotations

import json
import sys

import torch

from structbench.data.spec import default_data_folder
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.models.build import build
from structbench.perform import perform
from tests.benchmarks.translation import plain
from tests.benchmarks.translation.asked import FIRST, experiment_of
from tests.benchmarks.translation.weights import plain_network

Found = tuple[list[float], float]
"""Seconds of each epoch, and the share of sentences that were translated wrongly."""


def structbench(experiment: Experiment) -> Found:
    """As the training loop counts them in `perform`."""
    folder = default_data_folder()
    outcome = perform(make_run(experiment, "cpu", folder), folder).outcome
    wrong = outcome.predictions["clean"].wrong.mean()
    return [epoch.seconds for epoch in outcome.summary.history], float(wrong)


def plainly(experiment: Experiment) -> Found:
    """Of the loop that one writes with torch alone, from the same weights."""
    torch.manual_seed(experiment.seed)
    data = experiment.data.load(default_data_folder(), experiment.seed)
    network = plain_network(build(experiment.model, experiment.data.problem, experiment.seed))
    seconds = [*plain.train(network, data.train, experiment.training)]
    answers = plain.decode(network, data.test)
    return seconds, float((answers.numpy() != data.test.labels).any(axis=1).mean())


WHO = {"structbench": structbench, "plain": plainly}


def main() -> None:
    network, who, epochs, sentences = sys.argv[1:]
    torch.set_num_threads(1)
    experiment = experiment_of(network, int(epochs), int(sentences))
    seconds, wrong = WHO[who](experiment)
    steps = int(epochs) * experiment.training.steps_per_epoch(experiment.data.train_examples)
    found = {
        "milliseconds": 1000 * sum(seconds[FIRST:]) / steps,
        "wrong": wrong,
        "parameters": experiment.layer_table.parameters,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
