"""The losses of an epoch: looked at now and then, and averaged at its end."""

import math
import time
from operator import mul

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from structbench.errors import NumericsError
from structbench.training.progress import OnProgress, Progress
from structbench.training.recipe import Recipe

# Steps between two looks at the loss. Each look waits for the device: at 50 that
# costs nothing measurable, and a diverged run ends within a second.
LOOK_EVERY = 50


class Losses:
    """The loss of each step in the epoch of this index, counted from 0.

    examples: of the whole training set
    """

    def __init__(
        self,
        recipe: Recipe,
        index: int,
        examples: int,
        device: torch.device,
        on_progress: OnProgress,
    ):
        self.recipe, self.index, self.examples = recipe, index, examples
        self.on_progress = on_progress
        self.values = torch.empty(recipe.steps_in_epoch(index, examples), device=device)
        self.seen: list[float] = []
        self.step, self.looked_at = 0, time.perf_counter()

    def add(self, loss: Tensor) -> None:
        """The mean loss of the next step; NumericsError at a look if one is not finite."""
        self.values[self.step] = loss
        self.step += 1
        if self.step % LOOK_EVERY == 0 or self.step == len(self.values):
            self._look()

    def mean(self, labels: NDArray[np.int64]) -> float:
        """Of the epoch's labels; `labels` is how many each step had."""
        return math.fsum(map(mul, self.seen, labels.tolist())) / int(labels.sum())

    def _look(self) -> None:
        recent = self.values[len(self.seen) : self.step].tolist()
        self._require_finite(recent)
        now, steps = time.perf_counter(), len(self.values)
        batch = self.recipe.batch(self.examples)
        speed = len(recent) * batch / (now - self.looked_at)
        epochs = self.recipe.all_epochs(self.examples)
        loss = math.fsum(recent) / len(recent)
        self.on_progress(Progress(self.index + 1, epochs, self.step, steps, loss, speed))
        self.seen += recent
        self.looked_at = now

    def _require_finite(self, recent: list[float]) -> None:
        """NumericsError naming the first loss since the last look that is not finite."""
        first = next((i for i, loss in enumerate(recent) if not math.isfinite(loss)), None)
        if first is None:
            return
        step, steps = len(self.seen) + first, self.recipe.steps_per_epoch(self.examples)
        rate = self.recipe.learning_rate(self.index * steps + step, self.examples)
        raise NumericsError(
            f"the training loss is {recent[first]:g} at epoch {self.index + 1}, step {step + 1} "
            f"of {steps}, learning rate {rate:g}; try a smaller training.optimizer.learning_rate"
        )


def cross_entropy_of(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean over all labels but PADDING. logits: [n, classes] or [n, answer_length, classes].

    smoothing: the share of each label that is spread evenly over all classes
    """
    return cross_entropy(logits.flatten(0, -2), labels.flatten(), label_smoothing=smoothing)
