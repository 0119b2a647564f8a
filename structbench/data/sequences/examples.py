"""Sentences and their translations as numbers, and what all data sets of them have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.examples import PADDING, UNANSWERABLE
from structbench.data.grids import permute_positions
from structbench.data.sequences.conditions import SEQUENCE_CONDITIONS
from structbench.errors import ConfigError
from structbench.problem import BLANK, EMPTY, END, UNKNOWN
from structbench.streams import stream


class Unused(Protocol):
    """Where other examples than those that were learned from can be had."""

    def examples(self, digits: int, count: int) -> SequenceExamples:
        """So many numbers of so many digits; ConfigError where there are fewer."""


@dataclass(frozen=True, eq=False)
class SequenceExamples:
    """Sentences with the right answers; see Examples.

    source: int64 [n, longest_source], the symbols of each sentence, then EMPTY
    labels: int64 [n, answer_length], the symbols of each answer, END, then PADDING; an answer that
        cannot be given is UNANSWERABLE and PADDING
    rows: int64 [n], the numbers themselves
    strange: bool [n], where a symbol was never trained on
    cut: bool [n], where a sentence or its answer has more symbols than there are places
    unused: only of those to test on
    told: what else is to be known of them
    """

    source: NDArray[np.int64]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    strange: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    unused: Unused | None = None
    told: tuple[str, ...] = ()

    shared: ClassVar[tuple[NDArray[Any], ...]] = ()
    side: ClassVar[None] = None

    @classmethod
    def placed(
        cls,
        sources: Sequence[Sequence[int]],
        answers: Sequence[Sequence[int]],
        rows: NDArray[np.int64],
        places: tuple[int, int],
    ) -> Self:
        """Symbols of each sentence and of its answer at their places.

        places: of the longest source, and of the longest answer with its END
        """
        source, long_source = _filled(sources, places[0], EMPTY)
        labels, long_answer = _filled([[*each, END] for each in answers], places[1], PADDING)
        cut = long_source | long_answer
        lacking = (labels == UNANSWERABLE).any(axis=1)
        labels[cut | lacking] = PADDING
        labels[cut | lacking, 0] = UNANSWERABLE
        return cls(source, labels, rows, lacking | (source == UNKNOWN).any(axis=1), cut)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """Source, and what stands before each symbol of the answer: END, then the symbols."""
        before = np.full_like(self.labels, END)
        before[:, 1:] = np.maximum(self.labels[:, :-1], END)
        return self.source, before

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[n, 3]: places in use of the source, and of the answer twice."""
        source = (self.source != EMPTY).sum(axis=1)
        answer = (self.labels != PADDING).sum(axis=1)
        return np.stack([source, answer, answer], axis=1)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was told, and how many of these no network can answer, or only by guessing."""
        return (*self.told, *self._notices())

    def _notices(self) -> Iterator[str]:
        if count := int(self.strange.sum()):
            yield f"{count:,} of {len(self):,} sentences have a symbol that was never trained on"
        if count := int(self.cut.sum()):
            yield (
                f"{count:,} of {len(self):,} sentences have more symbols than there are places, "
                "or their answers have: they count as wrong"
            )

    def beside(self, learned: SequenceExamples) -> Self:
        """The same, where a symbol that none of the learned examples has is strange too."""
        known = np.append(learned.labels, (PADDING, UNANSWERABLE))
        pairs = ((self.source, np.append(learned.source, EMPTY)), (self.labels, known))
        new = (~np.isin(mine, np.unique(theirs)).all(axis=1) for mine, theirs in pairs)
        return replace(self, strange=np.logical_or.reduce((self.strange, *new)))

    def take(self, places: NDArray[np.int64]) -> Self:
        """The examples at these places."""
        names = ("source", "labels", "rows", "strange", "cut")
        return replace(self, **{name: getattr(self, name)[places] for name in names})

    def altered(self, condition: Condition, seed: int) -> Self:
        """With other sources, or other examples; the same for the same seed, whatever the model."""
        rng = stream(seed, "corruption", str(condition))
        found: Self = SEQUENCE_CONDITIONS[condition.name].alter(self, rng, *condition.values)
        return found

    def others(self, digits: int) -> SequenceExamples:
        """As many, of so many digits; ConfigError where there are too few."""
        if self.unused is None:
            raise ConfigError("condition 'digits' chooses examples to test on: none to learn from")
        return self.unused.examples(digits, len(self))

    def without_structure(self, share: float) -> Self:
        """A share of the places permuted among themselves; what is empty is then read as BLANK."""
        if not share:
            return self
        read = np.where(self.source == EMPTY, BLANK, self.source)
        return replace(self, source=permute_positions(read[:, None], share)[:, 0])


def _filled(
    rows: Sequence[Sequence[int]], places: int, fill: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows in an array of so many places, filled up or cut, and which were cut."""
    found = np.full((len(rows), places), fill, np.int64)
    for i, row in enumerate(rows):
        found[i, : len(row)] = row[:places]
    return found, np.array([len(row) > places for row in rows], bool)
