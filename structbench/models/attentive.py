"""A recurrent layer that looks over the source before each of its steps, as a torch module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad

from structbench.models import sequence_layers
from structbench.models.step_layers import Cell
from structbench.models.step_modules import CELLS
from structbench.models.translator import Attends, Read

# What a cell keeps from step to step: its state, and of an LSTM its memory.
_Kept = tuple[Tensor, ...]


def _tanh(inputs: Tensor, moved: Tensor, kept: _Kept) -> _Kept:
    return ((inputs + moved).tanh(),)


def _gru(inputs: Tensor, moved: Tensor, kept: _Kept) -> _Kept:
    hidden = kept[0].shape[1]
    (gates, new), (g, n) = (torch.split(x, [2 * hidden, hidden], 1) for x in (inputs, moved))
    reset, update = (gates + g).sigmoid().chunk(2, 1)
    new = (new + reset * n).tanh()
    return (new + update * (kept[0] - new),)


def _lstm(inputs: Tensor, moved: Tensor, kept: _Kept) -> _Kept:
    take, keep, new, give = (inputs + moved).chunk(4, 1)
    memory = keep.sigmoid() * kept[1] + take.sigmoid() * new.tanh()
    return give.sigmoid() * memory.tanh(), memory


# From what inputs and the last state give to the gates, in torch's order, to what is kept next.
_STEPS: dict[Cell, Callable[[Tensor, Tensor, _Kept], _Kept]] = {
    "tanh": _tanh,
    "gru": _gru,
    "lstm": _lstm,
}


class _Known(NamedTuple):
    """What an attentive layer works out before its first step, for all places at once.

    keys: what the places of the source are scored by [n, places, hidden]
    scores: [hidden], of additive attention, what that is weighted by
    values: what they give to the gates [n, places, gates]
    mask: [n, places], 0 and, where no word is, −∞; None where all hold one
    weight, bias: from the last state to what it asks for, if it does, and to the gates
    """

    keys: Tensor
    scores: Tensor | None
    values: Tensor
    mask: Tensor | None
    weight: Tensor
    bias: Tensor


class Additive(nn.Module):
    """The weights of v·tanh(W s + U h)."""

    def __init__(self, hidden: int, features: int) -> None:
        super().__init__()
        self.asks = nn.Linear(hidden, hidden, bias=False)
        self.keys = nn.Linear(features, hidden, bias=False)
        self.scores = nn.Linear(hidden, 1, bias=False)


class AttentiveRecurrent(Attends):
    """Looks over the encoder's states before each step, which begins with a state of zeros."""

    def __init__(self, features: int, layer: sequence_layers.AttentiveRecurrent) -> None:
        super().__init__()
        self.features, self.hidden, of_state = features, layer.hidden, layer.states[1]
        # Torch's cell, for its weights alone: it would not wait for what is looked for.
        self.cell = CELLS[layer.cell](features + of_state, layer.hidden)
        self.additive = Additive(layer.hidden, of_state) if layer.score == "additive" else None
        self.advance, self.keeps = _STEPS[layer.cell], 1 + (layer.cell == "lstm")

    def forward(self, x: Tensor, read: Read) -> Tensor:
        return torch.stack([kept[0] for kept, _ in self._steps(x, read)], 1)

    def weights(self, x: Tensor, read: Read) -> Tensor:
        return torch.stack([weights for _, weights in self._steps(x, read)], 1)[:, None]

    def start(self, read: Read) -> tuple[_Known, _Kept]:
        kept = read.states.new_zeros(len(read.states), self.hidden)
        return self._known(read), (kept,) * self.keeps

    def step(self, x: Tensor, state: tuple[_Known, _Kept]) -> tuple[Tensor, Any]:
        known, kept = state
        kept, _ = self._step(self._inputs(x), kept, known)
        return kept[0], (known, kept)

    def _steps(self, x: Tensor, read: Read) -> Iterator[tuple[_Kept, Tensor]]:
        """What is kept after each step, and where it looked."""
        known, kept = self.start(read)
        for inputs in self._inputs(x).unbind(1):
            kept, weights = self._step(inputs, kept, known)
            yield kept, weights

    def _inputs(self, x: Tensor) -> Tensor:
        """What the symbols before give to the gates."""
        return linear(x, self.cell.weight_ih_l0[:, : self.features], self.cell.bias_ih_l0)

    def _known(self, read: Read) -> _Known:
        states, weight, bias = read.states, self.cell.weight_hh_l0, self.cell.bias_hh_l0
        values = linear(states, self.cell.weight_ih_l0[:, self.features :])
        keys, scores, mask = states, None, None
        if self.additive:
            # tanh(x) = 2·sigmoid(2x) − 1, which takes a third of the time; the softmax over the
            # places does not see the 1, which is the same for all.
            keys, scores = 2 * self.additive.keys(states), 2 * self.additive.scores.weight[0]
            weight = torch.cat([2 * self.additive.asks.weight, weight])
            bias = pad(bias, (self.hidden, 0))
        if read.words is not None:
            mask = torch.zeros_like(states[:, :, 0]).masked_fill(~read.words, -torch.inf)
        return _Known(keys, scores, values, mask, weight.t(), bias)

    def _step(self, inputs: Tensor, kept: _Kept, known: _Known) -> tuple[_Kept, Tensor]:
        """What is kept next, and the weights [n, places of the source]."""
        moved = torch.addmm(known.bias, kept[0], known.weight)
        if known.scores is not None:
            asked, moved = torch.split(moved, [self.hidden, inputs.shape[1]], 1)
            scores = (asked[:, None] + known.keys).sigmoid() @ known.scores
        else:
            scores = torch.bmm(known.keys, kept[0][:, :, None]).squeeze(2)
        if known.mask is not None:
            scores = scores + known.mask
        weights = scores.softmax(1)
        inputs = torch.baddbmm(inputs[:, None], weights[:, None], known.values).squeeze(1)
        return self.advance(inputs, moved, kept), weights
