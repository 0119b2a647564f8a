"""The torch modules of sequences of symbols: int64 [n, places], float32 [n, places, features]."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from structbench.models import sequence_layers
from structbench.models.attentive import AttentiveRecurrent
from structbench.models.layers import Shape
from structbench.models.step_modules import Added, by_head, together
from structbench.models.translator import Attends, Read, Reads


def sequence_module(layer: sequence_layers.SequenceLayer, shape: Shape) -> nn.Module:
    """The module for this input shape, with torch's default initialisation."""
    match layer:
        case sequence_layers.Symbols(symbols=symbols, width=width):
            return nn.Embedding(symbols, width)
        case sequence_layers.Answers(shape=answers):
            return nn.Unflatten(1, answers)
        case sequence_layers.Context():
            return Context()
        case sequence_layers.AttentiveRecurrent():
            return AttentiveRecurrent(shape[1], layer)
        case sequence_layers.CrossAttention():
            return CrossAttention(shape[1], layer)
        case unknown:
            raise TypeError(f"no torch module for {unknown}")


class Context(Reads):
    """The encoder's last state beside what each place has."""

    def forward(self, x: Tensor, read: Read) -> Tensor:
        return torch.cat([x, read.states[:, None].expand(-1, x.shape[1], -1)], 2)

    def start(self, read: Read) -> Tensor:
        return read.states

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return torch.cat([x, state], 1), state


class CrossAttention(Attends, Added):
    """Each place takes from all words of the source, once for each head."""

    def __init__(self, width: int, layer: sequence_layers.CrossAttention) -> None:
        super().__init__(width, layer.dropout, layer.before)
        self.heads = layer.heads
        self.asks = nn.Linear(width, width)
        self.reads = nn.Linear(layer.states[1], 2 * width)  # keys, values
        self.answers = nn.Linear(width, width)

    def forward(self, x: Tensor, read: Read) -> Tensor:
        return self._taken(x, *self.start(read))

    def start(self, read: Read) -> tuple[Tensor, Tensor, Tensor | None]:
        key, value = by_head(self.reads(read.states), 2, self.heads)
        return key, value, None if read.words is None else read.words[:, None, None]

    def step(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self._taken(x[:, None], *state)[:, 0], state

    def weights(self, x: Tensor, read: Read) -> Tensor:
        key, _, mask = self.start(read)
        scores = self._queries(x) @ key.transpose(2, 3) / math.sqrt(key.shape[3])
        return (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).softmax(3)

    def _queries(self, x: Tensor) -> Tensor:
        return by_head(self.asks(self.given(x)), 1, self.heads)[0]

    def _taken(self, x: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        taken = scaled_dot_product_attention(self._queries(x), key, value, mask)
        return self.added(x, self.answers(together(taken)))
