"""What every contestant is asked and answers. Imports no framework: they bring their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from structbench.data import DATASETS

BATCH, LEARNING_RATE, DROPOUT = 64, 1e-3, 0.3
TEST_BATCH = 1000

# The test images as they are, and moved 2 pixels right and down; zeros come in.
CLEAN, MOVED = "clean", "translate:2,2"

# The lecture's two networks, whoever builds them.
PARAMETERS = {"cnn": 421_642, "fnn": 418_666}


@dataclass(frozen=True)
class Task:
    """One training. device: cpu or cuda"""

    model: str
    epochs: int
    examples: int
    device: str
    seed: int


@dataclass(frozen=True)
class Result:
    """What came of it.

    seconds: training alone, one number an epoch; what is compiled counts in the epoch it falls in
    misclassification: share of the 10,000 test images, CLEAN and MOVED
    """

    seconds: list[float]
    misclassification: dict[str, float]
    parameters: int


@dataclass(frozen=True)
class Arrays:
    """MNIST in memory, as float32 [examples, 1, 28, 28] in [0, 1] and int64 [examples]."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    test_images: NDArray[np.float32]
    test_labels: NDArray[np.int64]

    def misclassification(
        self, predict: Callable[[NDArray[np.float32]], NDArray[np.int64]]
    ) -> dict[str, float]:
        """Of what predicts the classes of images, under each condition."""
        return {
            condition: float((predict(images) != self.test_labels).mean())
            for condition, images in self._tests()
        }

    def _tests(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        yield CLEAN, self.test_images
        yield MOVED, np.pad(self.test_images[..., :-2, :-2], ((0, 0), (0, 0), (2, 0), (2, 0)))


def contest(train: Callable[[Task], Result]) -> None:
    """Read the job from the command line, do it in this process, print the means and all results.

    For each seed each model is trained and tested. The last line is JSON: model → its results.
    """
    models, epochs, examples, device, seeds = sys.argv[1:]
    found: dict[str, list[Result]] = {model: [] for model in models.split(",")}
    for seed in range(int(seeds)):
        for model, results in found.items():
            result = train(Task(model, int(epochs), int(examples), device, seed))
            _require_as_asked(model, int(epochs), result)
            results.append(result)
    for model, results in found.items():
        sys.stdout.write(f"{model}: {_means(results)}\n")
    content = {model: [asdict(result) for result in results] for model, results in found.items()}
    sys.stdout.write(json.dumps(content) + "\n")


def _require_as_asked(model: str, epochs: int, result: Result) -> None:
    if result.parameters != PARAMETERS[model]:
        sys.exit(f"{model} has {result.parameters:,} parameters, not {PARAMETERS[model]:,}")
    if len(result.seconds) != epochs:
        sys.exit(f"{len(result.seconds)} epochs were timed, not {epochs}")


def _means(results: list[Result]) -> str:
    return ", ".join(
        f"{condition} {mean(result.misclassification[condition] for result in results):.2%}"
        for condition in (CLEAN, MOVED)
    )


@cache
def mnist(examples: int) -> Arrays:
    """MNIST as the package carries it, with this many training examples; read once."""
    train, test = DATASETS["mnist"].read(Path())
    return Arrays(
        _unit(train.inputs[0][:examples]),
        train.labels[:examples],
        _unit(test.inputs[0]),
        test.labels,
    )


def _unit(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.astype(np.float32) / np.float32(255)
