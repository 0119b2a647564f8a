"""What every contestant is asked and answers. Imports no framework: they bring their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.data import DATASETS

BATCH, LEARNING_RATE, DROPOUT = 64, 1e-3, 0.3
TEST_BATCH = 1000

# The lecture's two networks, whoever builds them.
PARAMETERS = {"cnn": 421_642, "fnn": 418_666}


@dataclass(frozen=True)
class Task:
    """What is to be trained. device: cpu or cuda"""

    model: str
    epochs: int
    examples: int
    device: str = "cpu"


@dataclass(frozen=True)
class Result:
    """What came of it.

    seconds: training alone, one number an epoch; what is compiled counts in the epoch it falls in
    misclassification: share of the 10,000 clean test images
    """

    seconds: list[float]
    misclassification: float
    parameters: int


@dataclass(frozen=True)
class Arrays:
    """MNIST in memory, as float32 [examples, 1, 28, 28] in [0, 1] and int64 [examples]."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    test_images: NDArray[np.float32]
    test_labels: NDArray[np.int64]


def contest(train: Callable[[Task], Result]) -> None:
    """Read the task from the command line, train, check the network's size, print the result."""
    model, epochs, examples, *device = sys.argv[1:]
    task = Task(model, int(epochs), int(examples), *device)
    result = train(task)
    if result.parameters != PARAMETERS[model]:
        sys.exit(f"{model} has {result.parameters:,} parameters, not {PARAMETERS[model]:,}")
    if len(result.seconds) != task.epochs:
        sys.exit(f"{len(result.seconds)} epochs were timed, not {task.epochs}")
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


def mnist(examples: int) -> Arrays:
    """MNIST as the package carries it, with this many training examples."""
    train, test = DATASETS["mnist"].read(Path())
    return Arrays(
        _unit(train.inputs[0][:examples]),
        train.labels[:examples],
        _unit(test.inputs[0]),
        test.labels,
    )


def _unit(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.astype(np.float32) / np.float32(255)
