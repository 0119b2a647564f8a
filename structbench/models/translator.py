"""An encoder and a decoder of sequences as one network, and what the decoder's layers are."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn

from structbench.models.step_modules import InTurn, Masked
from structbench.problem import EMPTY


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


class Reads(InTurn):
    """A layer of a decoder that takes from what the encoder has read: called as (x, read)."""


class Attends(Reads):
    """One that weighs the places of the source."""

    @abstractmethod
    def weights(self, x: Tensor, read: Read) -> Tensor:
        """[n, heads, places, places of the source], which add up to 1."""


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
