"""What is trained: three networks of about as many parameters, on the same 1,000 pairs."""

from __future__ import annotations

from typing import Any

from structbench.experiment.schema import Experiment
from structbench.models.budget import fit_budget

PARAMETERS, TOLERANCE = 250_000, 0.05
PAIRS, BATCH, LARGEST_NORM = 1000, 64, 1.0
# Of training: it touches memory and makes kernels, and is not counted.
FIRST = 1

NETWORKS: dict[str, dict[str, Any]] = {
    "rnn": {"family": "rnn", "cell": "tanh", "attention": "none"},
    "rnn-attention": {"family": "rnn", "cell": "tanh", "attention": "additive"},
    "transformer": {"family": "transformer", "depth": 2},
}


def experiment_of(network: str, epochs: int, sentences: int) -> Experiment:
    """So many epochs after the first; tested on so many sentences.

    network: a key of NETWORKS, whose widths are scaled to PARAMETERS
    """
    experiment = Experiment.model_validate(
        {
            "model": NETWORKS[network],
            "data": {"name": "numbers", "train_size": PAIRS, "test_size": sentences},
            "training": {
                "epochs": FIRST + epochs,
                "batch_size": BATCH,
                "clip_gradient": LARGEST_NORM,
            },
            "conditions": ["clean"],
        }
    )
    model = fit_budget(network, experiment.model, experiment.data.problem, PARAMETERS, TOLERANCE)
    return experiment.model_copy(update={"model": model})
