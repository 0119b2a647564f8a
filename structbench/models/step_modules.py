"""The torch modules of the layers that go from step to step: float32 [n, steps, features]."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from structbench.models import step_layers
from structbench.models.layers import Shape

CELLS = {"tanh": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def step_module(layer: step_layers.StepLayer, shape: Shape) -> nn.Module:
    """The module for this input shape, with torch's default initialisation."""
    features = shape[1]
    match layer:
        case step_layers.Steps():
            return Steps()
        case step_layers.Recurrent():
            return Recurrent(features, layer)
        case step_layers.Embedding(width=width):
            return nn.Linear(features, width)
        case step_layers.Positions(learned=learned, std=std):
            steps = shape[0]
            return Learned(steps, features, std) if learned else Sinusoidal(steps, features)
        case step_layers.SelfAttention():
            return SelfAttention(features, layer)
        case step_layers.FeedForward():
            return FeedForward(features, layer)
        case step_layers.LayerNorm():
            return nn.LayerNorm(features)
        case step_layers.Mean():
            return Mean()
        case unknown:
            raise TypeError(f"no torch module for {unknown}")


class InTurn(nn.Module, ABC):
    """A layer of which a step takes from those before it: it can be asked step by step too.

    A state is what it keeps of the steps so far; it is never altered, so that one can go on from it
    in several ways.
    """

    def start(self, read: Any) -> Any:
        """The state before the first step. read: what an encoder has read, if the layer needs it"""
        return None

    @abstractmethod
    def step(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """[n, features] of the next step: what it gives, as among all steps; and the state."""


class Masked(nn.Module):
    """A layer of an encoder, called with the places that hold a word: bool [n, steps], the first
    ones of each row, at least one; None where all do."""


class Steps(nn.Module):
    """[n, channels, steps, …] → [n, steps, channels · …]; one channel is not copied."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


class Recurrent(Masked, InTurn):
    """A recurrent layer of torch's: its states [n, steps, features], or the last [n, features].

    Of a sentence the last state is that after its last word, where it also begins to read
    backwards; what the states of places without a word are does not matter.
    """

    def __init__(self, features: int, layer: step_layers.Recurrent) -> None:
        super().__init__()
        self.cell = CELLS[layer.cell](
            features, layer.hidden, batch_first=True, bidirectional=layer.bidirectional
        )
        self.last = layer.last

    def forward(self, x: Tensor, words: Tensor | None = None) -> Tensor:
        states, last = self._run(x) if words is None else self._run_words(x, words)
        if not self.last:
            return states  # type: ignore[no-any-return]
        if isinstance(last, tuple):
            last, _ = last  # without the memory of an LSTM
        # [directions, n, hidden]. Picked out of `states`, each step would have a gradient of zeros.
        return last.transpose(0, 1).flatten(1)  # type: ignore[no-any-return]

    def step(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        states, state = self._run(x[:, None], state)
        return states[:, 0], state

    def _run(self, x: Any, state: Any = None) -> Any:
        """What torch's layer gives: all states and the last, of an LSTM with its memory."""
        # The layer below may give bfloat16; in that oneDNN has an LSTM on some CPUs only.
        x = x.to(self.cell.weight_hh_l0.dtype)
        if isinstance(self.cell, nn.LSTM) and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return self.cell(x, state)
        return self.cell(x, state)

    def _run_words(self, x: Tensor, words: Tensor) -> Any:
        """The same of words alone, which stand before all places without one."""
        lengths = words.sum(1)
        if not self.cell.bidirectional:
            # Those after a sentence alter no state in it: it takes longer to pack the words.
            states, _ = self._run(x)
            return states, states[torch.arange(len(x), device=x.device), lengths - 1][None]
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, last = self._run(packed)
        return pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])[0], last


class Positions(InTurn):
    """x + positions, of as many steps as there are."""

    positions: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return x + self.positions[: x.shape[1]]

    def start(self, read: Any) -> int:
        return 0

    def step(self, x: Tensor, state: int) -> tuple[Tensor, int]:
        return x + self.positions[state], state + 1


class Learned(Positions):
    """Each step's from N(0, std)."""

    def __init__(self, steps: int, width: int, std: float) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.empty(steps, width))
        nn.init.normal_(self.positions, std=std)


class Sinusoidal(Positions):
    """They are not trained."""

    def __init__(self, steps: int, width: int) -> None:
        super().__init__()
        self.register_buffer("positions", sinusoids(steps, width), persistent=False)


def sinusoids(steps: int, width: int) -> Tensor:
    """[steps, width]: at 2i the sine of t/10000^(2i/width), at 2i + 1 the cosine of the same."""
    place = torch.arange(width)
    pair = (place - place % 2).double() / width
    angles = torch.arange(steps).double()[:, None] / 10_000**pair
    return torch.where(place % 2 == 0, angles.sin(), angles.cos()).float()


class Added(nn.Module):
    """x + dropout(f(norm(x))), or norm(x + dropout(f(x))); a subclass knows what f is."""

    def __init__(self, width: int, dropout: float, before: bool) -> None:
        super().__init__()
        self.before = before
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def given(self, x: Tensor) -> Tensor:
        """What f reads of x."""
        return self.norm(x) if self.before else x

    def added(self, x: Tensor, found: Tensor) -> Tensor:
        """What the layer gives, of x and of what f found."""
        total = x + self.dropout(found)
        return total if self.before else self.norm(total)  # type: ignore[no-any-return]


class SelfAttention(Masked, InTurn, Added):
    """Each step takes from all steps that hold a word, once for each head.

    Torch's own encoder layer has another path for answers than for training, and copies more.
    """

    def __init__(self, width: int, layer: step_layers.SelfAttention) -> None:
        super().__init__(width, layer.dropout, layer.before)
        self.heads, self.causal = layer.heads, layer.causal
        self.asks = nn.Linear(width, 3 * width)  # queries, keys, values
        self.answers = nn.Linear(width, width)

    def forward(self, x: Tensor, words: Tensor | None = None) -> Tensor:
        query, key, value = by_head(self.asks(self.given(x)), 3, self.heads)
        mask = None if words is None else words[:, None, None]
        taken = scaled_dot_product_attention(query, key, value, mask, is_causal=self.causal)
        return self.added(x, self.answers(together(taken)))

    def step(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        query, key, value = by_head(self.asks(self.given(x))[:, None], 3, self.heads)
        if state is not None:
            key, value = torch.cat([state[0], key], 2), torch.cat([state[1], value], 2)
        taken = together(scaled_dot_product_attention(query, key, value))[:, 0]
        return self.added(x, self.answers(taken)), (key, value)


def by_head(x: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """[n, steps, parts · heads · width] as so many [n, heads, steps, width]."""
    return tuple(
        part.unflatten(2, (heads, -1)).transpose(1, 2)  # type: ignore[no-untyped-call]
        for part in x.chunk(parts, dim=2)
    )


def together(x: Tensor) -> Tensor:
    """[n, heads, steps, width] → [n, steps, heads · width]."""
    return x.transpose(1, 2).flatten(2)


class FeedForward(Added):
    """f is two linear layers with a ReLU between them."""

    def __init__(self, width: int, layer: step_layers.FeedForward) -> None:
        super().__init__(width, layer.dropout, layer.before)
        self.first, self.second = nn.Linear(width, layer.hidden), nn.Linear(layer.hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.added(x, self.second(self.first(self.given(x)).relu()))


class Mean(nn.Module):
    """[n, steps, width] → [n, width]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)
