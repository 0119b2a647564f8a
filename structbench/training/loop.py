"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.data.conditions import parse_condition
from structbench.data.pixels import unit_range
from structbench.data.spec import LoadedData
from structbench.errors import NumericsError
from structbench.evaluation import autocast, logits
from structbench.outcome import Epoch
from structbench.streams import stream, stream_seed
from structbench.training.progress import OnProgress, Progress
from structbench.training.recipe import Recipe
from structbench.training.steps import Optimizer

# Steps between two looks at the loss. Each look waits for the device: at 50 that
# costs nothing measurable, and a diverged run ends within a second.
LOOK_EVERY = 50


@dataclass
class TrainingState:
    """All that changes while a network learns; saved whole after each epoch."""

    network: nn.Module
    optimizer: Optimizer
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] | None = None


def fit(
    state: TrainingState, data: LoadedData, recipe: Recipe, seed: int, on_progress: OnProgress
) -> Iterator[Epoch]:
    """Train from where the state is, yielding after each epoch; NumericsError if it diverges.

    All chance is drawn from (seed, epoch), so it does not matter whether the epochs
    before were run now or read from a checkpoint.
    """
    feed = _Feed(data, recipe, seed, next(state.network.parameters()).device)
    for index in range(len(state.history), recipe.all_epochs(len(data.train))):
        if _stopped_early(state.history, recipe):
            return
        started = time.perf_counter()
        images, labels = feed.epoch(index)
        with torch.random.fork_rng():
            torch.manual_seed(stream_seed(seed, "dropout", index))
            loss = _train_epoch(state, images, labels, recipe, index, on_progress)
        epoch = Epoch(epoch=index + 1, train_loss=loss, seconds=time.perf_counter() - started)
        epoch = epoch.model_copy(update=_validate(state.network, data, recipe.precision))
        state.history.append(epoch)
        if recipe.early_stopping and best_epoch(state.history) is epoch:
            state.best = {k: v.detach().clone() for k, v in state.network.state_dict().items()}
        yield epoch


def _train_epoch(
    state: TrainingState,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    index: int,
    on_progress: OnProgress,
) -> float:
    """One epoch over images in their shuffled order; returns the mean loss an example."""
    network, optimizer, size = state.network.train(), state.optimizer, recipe.batch_size
    first = index * recipe.steps_per_epoch(len(labels))
    steps = recipe.steps_in_epoch(index, len(labels))
    losses = torch.empty(steps, device=labels.device)
    looked, looked_at = 0, time.perf_counter()
    precise = autocast(labels.device, recipe.precision)
    for step in range(steps):
        batch = slice(step * size, (step + 1) * size)
        with precise:
            loss = cross_entropy(network(_floats(images[batch])), labels[batch])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step(recipe.learning_rate(first + step, len(labels)))
        losses[step] = loss.detach()
        if (step + 1) % LOOK_EVERY == 0 or step + 1 == steps:
            recent = _finite(losses, looked, step + 1, index, recipe, len(labels))
            now = time.perf_counter()
            speed = (step + 1 - looked) * size / (now - looked_at)
            epochs = recipe.all_epochs(len(labels))
            on_progress(Progress(index + 1, epochs, step + 1, steps, recent, speed))
            looked, looked_at = step + 1, now
    sizes = torch.full_like(losses, size)
    learned = min(steps * size, len(labels))
    sizes[-1] = learned - (steps - 1) * size
    return float((losses * sizes).sum() / learned)


def _finite(
    losses: Tensor, start: int, stop: int, index: int, recipe: Recipe, examples: int
) -> float:
    """The mean of losses[start:stop], or NumericsError naming the first that is not finite."""
    recent = losses[start:stop].cpu()
    if not (bad := ~recent.isfinite()).any():
        return float(recent.mean())
    step = start + int(bad.nonzero()[0])
    steps = recipe.steps_per_epoch(examples)
    rate = recipe.learning_rate(index * steps + step, examples)
    raise NumericsError(
        f"the training loss is {recent[step - start]:g} at epoch {index + 1}, step {step + 1} "
        f"of {steps}, learning rate {rate:g}; try a smaller training.optimizer.learning_rate"
    )


def _floats(images: Tensor) -> Tensor:
    """Bytes 0 … 255 become [0, 1]; altered images are there already."""
    return images.float().div_(255) if images.dtype == torch.uint8 else images


class _Feed:
    """The training examples of each epoch, on the device, in that epoch's order.

    Without augmentation the bytes stay on the device and an epoch is one gather there:
    47 MB for MNIST, a quarter of what float32 would take.
    """

    def __init__(self, data: LoadedData, recipe: Recipe, seed: int, device: torch.device):
        self.data, self.recipe, self.seed, self.device = data, recipe, seed, device
        self.labels = torch.from_numpy(data.train.labels).to(device)
        if not recipe.augment:
            self.images = torch.from_numpy(data.arrange(data.train.images)).to(device)

    def epoch(self, index: int) -> tuple[Tensor, Tensor]:
        order = stream(self.seed, "order", index).permutation(len(self.labels))
        place = torch.from_numpy(order).to(self.device)
        images = (
            self._augmented(index, order)
            if self.recipe.augment
            else self.images.index_select(0, place)
        )
        return images, self.labels[place]

    def _augmented(self, index: int, order: np.ndarray) -> Tensor:
        conditions = [parse_condition(text) for text in self.recipe.augment]
        choice = stream(self.seed, "augment", index).integers(len(conditions), size=len(order))
        seed = stream_seed(self.seed, "augmentation", index)
        images = unit_range(self.data.train.images)
        for i, condition in enumerate(conditions):
            images[choice == i] = condition.apply(images[choice == i], seed)
        return torch.from_numpy(self.data.arrange(images[order])).to(self.device)


def _validate(network: nn.Module, data: LoadedData, precision: str) -> dict[str, float]:
    if not len(data.validation):
        return {}
    images = torch.from_numpy(data.arrange(unit_range(data.validation.images)))
    labels = torch.from_numpy(data.validation.labels)
    answers = logits(network, images, precision)
    return {
        "validation_loss": float(cross_entropy(answers, labels)),
        "validation_misclassification": float((answers.argmax(1) != labels).float().mean()),
    }


def best_epoch(history: list[Epoch]) -> Epoch:
    """The first epoch with the lowest validation loss."""
    return min(history, key=lambda epoch: epoch.validation_loss or 0.0)


def _stopped_early(history: list[Epoch], recipe: Recipe) -> bool:
    if recipe.early_stopping is None or not history:
        return False
    return len(history) - best_epoch(history).epoch >= recipe.early_stopping.patience
