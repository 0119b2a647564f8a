"""The conditions of sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from structbench.data.alterations import Alteration, Argument
from structbench.data.sequences import corruptions
from structbench.data.sequences.speller import MOST_DIGITS

if TYPE_CHECKING:
    from structbench.data.sequences.examples import SequenceExamples

    Alter = Callable[..., SequenceExamples]


def digits(examples: SequenceExamples, rng: corruptions.Generator, count: int) -> SequenceExamples:
    """Other numbers of N digits, never learned from, as many as are tested on otherwise."""
    return examples.others(count)


def _of_sources(alter: Callable[..., corruptions.Sources]) -> Alter:
    """What alters sources, as what alters examples: their answers stay."""

    @wraps(alter)
    def altered(
        examples: SequenceExamples, rng: corruptions.Generator, *values: Any
    ) -> SequenceExamples:
        return replace(examples, source=alter(examples.source, rng, *values))

    return altered


_SHARE = Argument("SHARE", 0, 1)
_K = Argument("K", 0, 1000, whole=True)

SEQUENCE_CONDITIONS: dict[str, Alteration] = {
    "clean": Alteration(_of_sources(corruptions.clean)),
    "digits": Alteration(digits, (Argument("N", 1, MOST_DIGITS, whole=True),), chooses=True),
    "drop_words": Alteration(_of_sources(corruptions.drop_words), (_SHARE,)),
    "swap_words": Alteration(_of_sources(corruptions.swap_words), (_K,)),
    "unknown_words": Alteration(_of_sources(corruptions.unknown_words), (_SHARE,)),
}
