"""One training in this process: `python -m tests.benchmarks.graphs.passes`.

Called with NETWORK WHO WORLD PASSES; prints milliseconds a pass as a line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from statistics import median

import torch

from structbench.models import MODELS
from structbench.models.build import build
from structbench.training.loop import TrainingState, fit
from structbench.training.recipe import Recipe
from tests.benchmarks.graphs import geometric
from tests.benchmarks.graphs.asked import FIRST, LEARNING_RATE, WEIGHT_DECAY
from tests.benchmarks.graphs.worlds import World, world


def structbench(network: str, found: World, count: int) -> Iterator[float]:
    """Seconds from pass to pass of the training loop, all that it does between them included."""
    optimizer = {"name": "adam", "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY}
    asked = {"epochs": count, "batch_size": None, "optimizer": optimizer}
    recipe = Recipe.model_validate(asked)
    module = build(MODELS[network](), found.problem, 0)
    state = TrainingState(module, recipe.optimizer.build(module), foreign=False)
    started = time.perf_counter()
    for _ in fit(state, found.data, recipe, 0, lambda progress: None):
        now = time.perf_counter()
        yield now - started
        started = now


def main() -> None:
    network, who, name, count = sys.argv[1:]
    torch.set_num_threads(1)
    found, passes = world(name), FIRST + int(count)
    if who == "structbench":
        seconds = [*structbench(network, found, passes)]
    else:
        seconds = [*geometric.passes(network, found.data, found.problem.classes, passes)]
    sys.stdout.write(json.dumps({"milliseconds": 1000 * median(seconds[FIRST:])}) + "\n")


if __name__ == "__main__":
    main()
