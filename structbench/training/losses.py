"""The losses of an epoch: looked at now and then, and averaged at its end."""

import math
import time

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
        self.step, self.looked, self.looked_at = 0, 0, time.perf_counter()

    def add(self, loss: Tensor) -> None:
        """The mean loss of the next step; NumericsError at a look if one is not finite."""
        self.values[self.step] = loss
        self.step += 1
        if self.step % LOOK_EVERY == 0 or self.step == len(self.values):
            self._look()

    def mean(self, labels: NDArray[np.int64]) -> float:
        """Of the epoch's labels; `labels` is how many each step had."""
        weights = torch.from_numpy(labels).to(self.values)
        return float((self.values * weights).sum() / int(labels.sum()))

    def _look(self) -> None:
        recent = self._finite()
        now, steps = time.perf_counter(), len(self.values)
        batch = self.recipe.batch(self.examples)
        speed = (self.step - self.looked) * batch / (now - self.looked_at)
        epochs = self.recipe.all_epochs(self.examples)
        self.on_progress(Progress(self.index + 1, epochs, self.step, steps, recent, speed))
        self.looked, self.looked_at = self.step, now

    def _finite(self) -> float:
        """The mean since the last look, or NumericsError naming the first that is not finite."""
        recent = self.values[self.looked : self.step].cpu()
        if math.isfinite(mean := float(recent.mean())) or recent.isfinite().all():
            return mean
        first = int((~recent.isfinite()).nonzero()[0])
        step, steps = self.looked + first, self.recipe.steps_per_epoch(self.examples)
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
