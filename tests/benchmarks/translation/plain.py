"""Training and decoding as one writes them with torch alone, with all sentences in memory."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from structbench.data.examples import PADDING, Examples
from structbench.problem import END
from structbench.training.recipe import Recipe
from tests.benchmarks.translation.asked import LARGEST_NORM

# Sentences that are decoded together.
TOGETHER = 250


def train(network: nn.Module, examples: Examples, training: Recipe) -> Iterator[float]:
    """Seconds of each epoch."""
    source, previous, labels = map(torch.from_numpy, (*examples.inputs, examples.labels))
    lengths = lengths_of(examples)
    optimizer = torch.optim.Adam(network.parameters(), lr=training.optimizer.learning_rate)
    network.train()
    for _ in range(training.epochs):
        started = perf_counter()
        for batch in _batches(lengths, training.batch(len(labels))):
            places, symbols = lengths[batch].amax(0).tolist()
            optimizer.zero_grad()
            logits = network(source[batch, :places], previous[batch, :symbols])
            loss = cross_entropy(logits.flatten(0, 1), labels[batch, :symbols].flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), LARGEST_NORM)
            optimizer.step()
        yield perf_counter() - started


def lengths_of(examples: Examples) -> Tensor:
    """int64 [n, 2]: places in use of each source and each answer."""
    assert examples.lengths is not None
    return torch.from_numpy(examples.lengths[:, :2])


def _batches(lengths: Tensor, size: int) -> Iterator[Tensor]:
    """Sentences of like length together, by source and then by answer; batches in any order."""
    order = torch.randperm(len(lengths))
    for column in (1, 0):
        order = order[lengths[order, column].argsort(stable=True)]
    batches = order.split(size)
    yield from (batches[i] for i in torch.randperm(len(batches)).tolist())


@torch.inference_mode()
def decode(network: nn.Module, examples: Examples) -> Tensor:
    """int64 [n, answer_length]: the likeliest symbols, END, PADDING."""
    source, lengths = torch.from_numpy(examples.inputs[0]), lengths_of(examples)[:, 0]
    answers = torch.full(examples.labels.shape, PADDING)
    network.eval()
    for batch in lengths.argsort(stable=True).split(TOGETHER):
        cut = source[batch, : int(lengths[batch].max())]
        answers[batch] = _greedy(network, cut, answers.shape[1])
    return answers


def _greedy(network: nn.Module, source: Tensor, answer_length: int) -> Tensor:
    """The network is called anew for each symbol, until all answers have ended."""
    answers = torch.full((len(source), 1), END)  # also what stands before the first symbol
    ended = torch.zeros(len(source), dtype=torch.bool)
    while answers.shape[1] <= answer_length and not ended.all():
        symbols = network(source, answers)[:, -1].argmax(1)
        ended |= symbols == END
        answers = torch.cat([answers, symbols[:, None]], dim=1)
    answers = answers[:, 1:]
    ends = (answers == END).long()
    answers = answers.masked_fill(ends.cumsum(1) > ends, PADDING)
    return pad(answers, (0, answer_length - answers.shape[1]), value=PADDING)
