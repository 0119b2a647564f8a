"""The torch modules of sequences of symbols: int64 [n, places], float32 [n, places, features]."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad, scaled_dot_product_attention

from structbench.models import sequence_layers
from structbench.models.layers import Shape
from structbench.models.step_layers import Cell
from structbench.models.step_modules import CELLS, Added, InTurn, Masked, by_head, together
from structbench.problem import EMPTY


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


class OnePass(nn.Sequential):
    """Answers all places at once, whatever came before in the answer: called as
    (source, previous)."""

    one_pass: ClassVar = True

    def forward(self, source: Tensor, previous: Tensor) -> Any:  # type: ignore[override]
        return super().forward(source)  # type: ignore[no-untyped-call]


class Read(NamedTuple):
    """What the encoder has read.

    states: [n, places, features], or the last [n, features]
    words: bool [n, places], those that hold a word; None where all do
    """

    states: Tensor
    words: Tensor | None


class Translator(nn.Module):
    """An encoder and a decoder: (source, previous symbols) → logits [n, places, classes].

    Or symbol by symbol: `start`, then `step` from state to state, with the same logits. A state is
    never altered.
    """

    def __init__(
        self, source_embedding: nn.Module, encoder: nn.ModuleDict, decoder: nn.ModuleDict
    ) -> None:
        super().__init__()
        self.source_embedding = source_embedding
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source: Tensor, previous: Tensor) -> Tensor:
        return self._decoded(self._read(source), previous, [*self.decoder.values()])

    def start(self, source: Tensor) -> list[Any]:
        """The state of each of the decoder's layers before the first symbol."""
        read, layers = self._read(source), self.decoder.values()
        return [layer.start(read) if isinstance(layer, InTurn) else None for layer in layers]

    def step(self, state: list[Any], symbol: Tensor) -> tuple[Tensor, list[Any]]:
        """symbol [n], the one before → logits [n, classes] of the next; and the state."""
        x, after = symbol, []
        for layer, own in zip(self.decoder.values(), state, strict=True):
            x, own = layer.step(x, own) if isinstance(layer, InTurn) else (layer(x), None)
            after.append(own)
        return x, after

    def _read(self, source: Tensor) -> Read:
        words = source != EMPTY
        words[:, 0] = True  # Where there is no word at all, one EMPTY is read.
        held = None if words.all() else words
        x = self.source_embedding(source)
        for layer in self.encoder.values():
            x = layer(x, held) if isinstance(layer, Masked) else layer(x)
        return Read(x, held)

    def _decoded(self, read: Read, x: Tensor, layers: list[nn.Module]) -> Tensor:
        for layer in layers:
            x = layer(x, read) if isinstance(layer, Reads) else layer(x)
        return x


class AttentiveTranslator(Translator):
    """One whose decoder looks over the source."""

    def attention(self, source: Tensor, previous: Tensor) -> Tensor:
        """Weights [n, heads, places of the answer, places of the source]; of several layers that
        attend, those of the last."""
        layers = [*self.decoder.values()]
        i, last = [(i, layer) for i, layer in enumerate(layers) if isinstance(layer, Attends)][-1]
        read = self._read(source)
        return last.weights(self._decoded(read, previous, layers[:i]), read)


def translator(modules: dict[str, nn.Module]) -> Translator:
    """Of modules by their places, e.g. `encoder.recurrent1`."""
    parts = {
        part: nn.ModuleDict(
            {
                name.removeprefix(part): module
                for name, module in modules.items()
                if name.startswith(part)
            }
        )
        for part in ("encoder.", "decoder.")
    }
    attends = any(isinstance(module, Attends) for module in modules.values())
    made = AttentiveTranslator if attends else Translator
    return made(modules["source_embedding"], *parts.values())


class Reads(InTurn):
    """A layer of a decoder that takes from what the encoder has read: called as (x, read)."""


class Attends(Reads):
    """One that weighs the places of the source."""

    def weights(self, x: Tensor, read: Read) -> Tensor:
        """[n, heads, places, places of the source], which add up to 1."""
        raise NotImplementedError


class Context(Reads):
    """The encoder's last state beside what each place has."""

    def forward(self, x: Tensor, read: Read) -> Tensor:
        return torch.cat([x, read.states[:, None].expand(-1, x.shape[1], -1)], 2)

    def start(self, read: Read) -> Tensor:
        return read.states

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return torch.cat([x, state], 1), state


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
