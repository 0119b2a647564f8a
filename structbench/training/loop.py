"""The training loop."""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain

import torch
from torch import Tensor, nn

from structbench.data.examples import PADDING, Examples
from structbench.data.spec import LoadedData
from structbench.decoding import answered
from structbench.errors import NumericsError
from structbench.evaluation import (
    LOGITS_BYTES,
    at_labels,
    autocast,
    logits,
    logits_in_parts,
)
from structbench.outcome import Epoch
from structbench.streams import seeded, stream_seed, torch_seeded
from structbench.training.feed import Feed
from structbench.training.losses import Losses, cross_entropy_of
from structbench.training.progress import OnProgress
from structbench.training.recipe import Recipe
from structbench.training.recorded import Learn, Recorded
from structbench.training.steps import Optimizer


@dataclass
class TrainingState:
    """All that changes while a network learns; saved whole after each epoch.

    recordable: whether the network does the same operations for each batch of a size, so that a
        GPU may record a step
    foreign: whether the network is a user's own, which may draw numpy's and Python's chance too
    """

    network: nn.Module
    optimizer: Optimizer
    recordable: bool = False
    foreign: bool = True
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] | None = None


def fit(
    state: TrainingState, data: LoadedData, recipe: Recipe, seed: int, on_progress: OnProgress
) -> Iterator[Epoch]:
    """Train from where the state is, yielding after each epoch; NumericsError if it diverges.

    All chance is drawn from (seed, epoch), so it does not matter whether the epochs
    before were run now or read from a checkpoint.
    """
    feed = Feed(data, recipe, seed, state.network)
    learn, validation = _learn(state, feed), data.prepared(data.validation)
    chance = seeded if state.foreign else torch_seeded
    best = best_epoch(state.history) if state.history else None
    for index in range(len(state.history), recipe.all_epochs(len(feed))):
        if best and recipe.early_stopping and index - best.epoch >= recipe.early_stopping.patience:
            return
        started = time.perf_counter()
        losses = Losses(recipe, index, len(feed), feed.device, on_progress)
        with chance(stream_seed(seed, "dropout", index)):
            state.network.train()
            loss = _train_epoch(learn, feed, index, losses)
        epoch = Epoch(epoch=index + 1, train_loss=loss, seconds=time.perf_counter() - started)
        if len(validation):
            # Only a user's own network may draw chance while it is asked.
            drawn = seeded(stream_seed(seed, "validation", index)) if state.foreign else None
            with drawn or nullcontext():
                found = _validate(state.network, validation, feed, index)
            epoch = epoch.model_copy(update=found)
        feed.require_unaltered()
        state.history.append(epoch)
        if best is None or best_epoch([best, epoch]) is epoch:
            best = epoch
            if recipe.early_stopping:
                state.best = {k: v.detach().clone() for k, v in state.network.state_dict().items()}
        yield epoch


def _learn(state: TrainingState, feed: Feed) -> Learn:
    """A step along the gradient of a batch's loss."""
    network, optimizer, recipe = state.network, state.optimizer, feed.recipe
    precise = autocast(feed.device, recipe.precision)

    def learn(batch: tuple[Tensor, ...], learning_rate: float | Tensor) -> Tensor:
        *inputs, labels = batch
        with precise:
            given = network(*inputs, *feed.shared)
            loss = cross_entropy_of(given, labels, recipe.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        if recipe.clip_gradient is not None:
            optimizer.clip(recipe.clip_gradient)
        optimizer.step(learning_rate)
        return loss.detach()

    # Batches of sequences are of ever other lengths, and what networks of graphs do is not all done
    # by the GPU alone.
    recordable = state.recordable and feed.lengths is None and not feed.shared
    return Recorded(learn) if recordable and feed.device.type == "cuda" else learn


def _train_epoch(learn: Learn, feed: Feed, index: int, losses: Losses) -> float:
    """Learn from each batch once; returns the mean loss a label."""
    recipe, batches = feed.recipe, feed.epoch(index)
    first = index * recipe.steps_per_epoch(len(feed))
    for step, batch in enumerate(batches, first):
        losses.add(learn(batch, recipe.learning_rate(step, len(feed))))
    return losses.mean(batches.labels)


def _validate(network: nn.Module, examples: Examples, feed: Feed, index: int) -> dict[str, float]:
    """What they share is what the training examples share."""
    recipe, labels = feed.recipe, examples.labels
    if labels.ndim == 2:
        loss = _loss_of_sequences(network, examples, recipe.precision)
        found = answered(network, examples, recipe.precision)
    else:
        given = logits(network, examples, recipe.precision, shared=feed.shared)
        loss = float(cross_entropy_of(given, torch.from_numpy(labels)))
        found = None
    if not math.isfinite(loss):
        step = recipe.steps_in_epoch(index, len(feed))
        lost = (found or answered(network, examples, recipe.precision, given)).no_number.sum()
        raise NumericsError(
            f"the validation loss is {loss:g} after epoch {index + 1}, step {step}: "
            f"{lost:,} of {len(examples):,} answers are not numbers"
        )
    # As `answered` has it, in a fifth of the time: all are numbers.
    wrong = found.wrong if found else given.softmax(dim=-1).argmax(dim=-1).numpy() != labels
    return {"validation_loss": loss, "validation_misclassification": float(wrong.mean())}


def _loss_of_sequences(network: nn.Module, examples: Examples, precision: str) -> float:
    """Mean over the symbols of all answers; of many symbols a batch at a time, since the logits of
    1,000 answers of 100 symbols, each one of 10,000, would take 4 GB."""
    parts, labels = logits_in_parts(network, examples, precision), torch.from_numpy(examples.labels)
    first = next(parts)
    if labels.numel() * 4 * first[1].shape[-1] <= LOGITS_BYTES:
        return float(cross_entropy_of(at_labels([first, *parts], examples.labels), labels))
    total = 0.0
    for place, given in chain([first], parts):
        right = labels[torch.from_numpy(place), : given.shape[1]]
        total += float(cross_entropy_of(given, right)) * int((right != PADDING).sum())
    return total / int((labels != PADDING).sum())


def best_epoch(history: list[Epoch]) -> Epoch:
    """The first epoch with the lowest validation loss."""
    return min(history, key=lambda epoch: epoch.validation_loss or 0.0)
