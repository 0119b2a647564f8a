"""The training loop."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.data.spec import LoadedData
from structbench.evaluation import answers, autocast, logits
from structbench.outcome import Epoch
from structbench.streams import stream_seed
from structbench.training.feed import Feed
from structbench.training.losses import Losses
from structbench.training.progress import OnProgress
from structbench.training.recipe import Recipe
from structbench.training.steps import Optimizer


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
    device = next(state.network.parameters()).device
    feed = Feed(data, recipe, seed, device)
    for index in range(len(state.history), recipe.all_epochs(len(feed))):
        if _stopped_early(state.history, recipe):
            return
        started = time.perf_counter()
        losses = Losses(recipe, index, len(feed), device, on_progress)
        with torch.random.fork_rng():
            torch.manual_seed(stream_seed(seed, "dropout", index))
            loss = _train_epoch(state, feed, index, losses)
        epoch = Epoch(epoch=index + 1, train_loss=loss, seconds=time.perf_counter() - started)
        epoch = epoch.model_copy(update=_validate(state.network, data, recipe.precision))
        state.history.append(epoch)
        if recipe.early_stopping and best_epoch(state.history) is epoch:
            state.best = {k: v.detach().clone() for k, v in state.network.state_dict().items()}
        yield epoch


def _train_epoch(state: TrainingState, feed: Feed, index: int, losses: Losses) -> float:
    """Learn from each batch once; returns the mean loss an example."""
    network, optimizer, recipe = state.network.train(), state.optimizer, feed.recipe
    first = index * recipe.steps_per_epoch(len(feed))
    precise = autocast(feed.device, recipe.precision)
    for step, (*inputs, labels) in enumerate(feed.epoch(index), first):
        with precise:
            loss = _cross_entropy(network(*inputs, *feed.shared), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step(recipe.learning_rate(step, len(feed)))
        losses.add(loss.detach())
    return losses.mean()


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over all labels but PADDING. logits: [n, classes] or [n, answer_length, classes]."""
    return cross_entropy(logits.flatten(0, -2), labels.flatten())


def _validate(network: nn.Module, data: LoadedData, precision: str) -> dict[str, float]:
    if not len(data.validation):
        return {}
    examples = data.prepared(data.validation)
    given = logits(network, examples, precision)
    return {
        "validation_loss": float(_cross_entropy(given, torch.from_numpy(examples.labels))),
        "validation_misclassification": float(answers(given, examples).wrong.mean()),
    }


def best_epoch(history: list[Epoch]) -> Epoch:
    """The first epoch with the lowest validation loss."""
    return min(history, key=lambda epoch: epoch.validation_loss or 0.0)


def _stopped_early(history: list[Epoch], recipe: Recipe) -> bool:
    if recipe.early_stopping is None or not history:
        return False
    return len(history) - best_epoch(history).epoch >= recipe.early_stopping.patience
