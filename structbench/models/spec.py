"""What every model is: options that give a layer table and a network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from structbench.models.layer_table import LayerTable
from structbench.models.sources import Source
from structbench.options import Options
from structbench.problem import Kind, Problem

if TYPE_CHECKING:
    from torch import nn


def examples_of(kinds: Iterable[Kind]) -> str:
    """E.g. `images, sequences and signals`."""
    *others, last = (f"{kind}s" for kind in sorted(kinds))
    return f"{', '.join(others)} and {last}" if others else last


class ModelSpec(Options):
    """A family and its options; a subclass is a row of MODELS.

    Its field `family` holds the name, and the first line of its docstring is what
    `structbench models` prints of it.
    """

    takes: ClassVar[frozenset[Kind]] = frozenset({"image"})
    """The kinds of data that the family can be trained on."""
    only: ClassVar[dict[str, frozenset[Kind]]] = {}
    """Of an option that not all of these use, the kinds that do."""
    widths: ClassVar[tuple[str, ...]] = ()
    """The fields that say how wide the network is: what a parameter budget alters."""
    shown_on: ClassVar[dict[str, Any]] = {}
    """What it needs of `data` besides a name, to be shown layer by layer."""
    same_operations: ClassVar[bool] = False
    """Whether its network does the same operations for each batch of a size, and nothing in Python
    that one could miss: then a GPU records a step once. Never asked of a user's own family."""
    source: ClassVar[Source | None] = None
    """Where a user's own family comes from; None for those built in."""

    family: Any = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A user's own family is pickled by its name: its class need not be importable."""
        if (source := type(self).source) is None:
            return super().__reduce_ex__(protocol)
        from structbench.models.plugins import again

        return again, (self.family, source.digest, self.model_dump_json())

    @classmethod
    def uses(cls, option: str, kind: Kind) -> bool:
        """Whether an option means something for this kind of data."""
        return kind in cls.only.get(option, {kind})

    def require_used(self, kind: Kind, data: str) -> None:
        """ValueError where an option is set that means nothing for the data, of this kind."""
        for option, kinds in self.only.items():
            default = type(self).model_fields[option].default
            if kind not in kinds and getattr(self, option) != default:
                used = examples_of(kinds)
                raise ValueError(f"{self.family}: {option} is for {used}; {data} has {kind}s")

    def weights_digest(self, problem: Problem) -> str:
        """The SHA-256 of the weights that training begins with, which are at hand and fit; empty
        where chance draws them.

        ConfigError where they do not fit, DataError where they are damaged or out of reach.
        """
        return ""

    def start(self, network: nn.Module, problem: Problem) -> str:
        """Give a new network the weights that training begins with; what is to be said of them.

        ConfigError and DataError as `weights_digest`.
        """
        return ""

    def narrowest(self, field: str, index: int) -> int:
        """How narrow a budget may make a width: the one at `index` of the field."""
        return 1

    def width_follows(self, field: str, index: int) -> bool:
        """Whether the width at `index` of the field is that before it, whatever a budget makes
        of them: two layers that are added are as wide."""
        return False

    @abstractmethod
    def layer_table(self, problem: Problem) -> LayerTable:
        """The layers worked out; ConfigError where one does not fit."""

    @abstractmethod
    def network(self, problem: Problem) -> nn.Module:
        """The torch network, with weights drawn from torch's random state.

        Called as network(*inputs, *shared), see Examples; gives logits [n, classes], or
        [n, answer_length, classes]. Of sequences it is called as network(source, previous), both
        cut to the longest of a batch; `structbench.decoding` says how it answers.
        """
