"""The torch modules of the layers that go from step to step: float32 [n, steps, features]."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from structbench.models import step_layers
from structbench.models.layers import Shape

CELLS = {"tanh": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}

# Of learned positions when new (as Devlin et al., 2019).
POSITIONS_STD = 0.02


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
        case step_layers.Positions(learned=learned):
            return Learned(*shape) if learned else Sinusoidal(*shape)
        case step_layers.SelfAttention(heads=heads, dropout=dropout):
            return SelfAttention(features, heads, dropout)
        case step_layers.FeedForward(hidden=hidden, dropout=dropout):
            return FeedForward(features, hidden, dropout)
        case step_layers.LayerNorm():
            return nn.LayerNorm(features)
        case step_layers.Mean():
            return Mean()
        case unknown:
            raise TypeError(f"no torch module for {unknown}")


class Steps(nn.Module):
    """[n, channels, steps, …] → [n, steps, channels · …]; one channel is not copied."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


class Recurrent(nn.Module):
    """A recurrent layer of torch's: its states [n, steps, features], or the last [n, features]."""

    def __init__(self, features: int, layer: step_layers.Recurrent) -> None:
        super().__init__()
        self.cell = CELLS[layer.cell](
            features, layer.hidden, batch_first=True, bidirectional=layer.bidirectional
        )
        self.last = layer.last

    def forward(self, x: Tensor) -> Tensor:
        states, last = self._run(x)
        if not self.last:
            return states  # type: ignore[no-any-return]
        if isinstance(last, tuple):
            last, _ = last  # without the memory of an LSTM
        # [directions, n, hidden]. Picked out of `states`, each step would have a gradient of zeros.
        return last.transpose(0, 1).flatten(1)  # type: ignore[no-any-return]

    def _run(self, x: Tensor) -> Any:
        """What torch's layer gives: all states and the last, of an LSTM with its memory."""
        # The layer below may give bfloat16; in that oneDNN has an LSTM on some CPUs only.
        if isinstance(self.cell, nn.LSTM) and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return self.cell(x.float())
        return self.cell(x.float())


class Learned(nn.Module):
    """x + positions, each step's from N(0, POSITIONS_STD)."""

    def __init__(self, steps: int, width: int) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.empty(steps, width))
        nn.init.normal_(self.positions, std=POSITIONS_STD)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.positions


class Sinusoidal(nn.Module):
    """x + positions, which are not trained."""

    positions: Tensor

    def __init__(self, steps: int, width: int) -> None:
        super().__init__()
        self.register_buffer("positions", sinusoids(steps, width), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.positions


def sinusoids(steps: int, width: int) -> Tensor:
    """[steps, width]: at 2i the sine of t/10000^(2i/width), at 2i + 1 the cosine of the same."""
    place = torch.arange(width)
    pair = (place - place % 2).double() / width
    angles = torch.arange(steps).double()[:, None] / 10_000**pair
    return torch.where(place % 2 == 0, angles.sin(), angles.cos()).float()


class SelfAttention(nn.Module):
    """x + dropout(attention(norm(x))).

    Torch's own encoder layer has another path for answers than for training, and copies more.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.asks = nn.Linear(width, 3 * width)  # queries, keys, values
        self.answers = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in self.asks(self.norm(x)).chunk(3, dim=2)
        )
        taken = scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return x + self.dropout(self.answers(taken))  # type: ignore[no-any-return]


class FeedForward(nn.Module):
    """x + dropout(f(norm(x)))."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first, self.second = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.dropout(self.second(self.first(self.norm(x)).relu()))  # type: ignore[no-any-return]


class Mean(nn.Module):
    """[n, steps, width] → [n, width]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)
