"""What is to be doubted in data of a user's own: it can be trained on, but is it what was meant?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.read import OwnGraph, OwnGrids, OwnPairs
from structbench.data.own.split import groups_of

# The largest class has so many times the examples of the smallest: to guess it is rarely wrong.
UNEVEN = 5
# A channel whose values differ by no more than this share of all values' range shows nothing.
FLAT = 0.02
# So many classes are told by name, with so many letters.
MOST_NAMED, LETTERS = 5, 32


class Doubt(NamedTuple):
    """what: its name; number: of examples, classes or nodes; told: in a line"""

    what: str
    number: int
    told: str


class Uses(NamedTuple):
    """Which examples are learned from and which are tested: bool [n] each."""

    learned: NDArray[np.bool_]
    tested: NDArray[np.bool_]


def grid_doubts(read: OwnGrids, uses: Uses) -> Iterator[Doubt]:
    """Of images and signals."""
    groups = groups_of(read.grids)
    yield from class_doubts(read.labels, read.classes, uses)
    yield from copies(groups)
    yield from leaks(groups, uses)
    yield from _otherwise_labelled(groups, read.labels, read.classes)
    if count := int(flat(read.grids).sum()):
        yield Doubt("flat", count, f"{count:,} of {len(groups):,} examples are nearly of one value")


def pair_doubts(read: OwnPairs, uses: Uses) -> Iterator[Doubt]:
    """Of sentences and their translations."""
    pairs = list(zip(read.sources, read.answers, strict=True))
    yield from copies(numbers_of(pairs), "pair")
    answers = Counter(source for source, _ in dict.fromkeys(pairs))
    if several := sum(answers[source] > 1 for source in read.sources):
        yield Doubt(
            "several_answers",
            several,
            f"{several:,} of {len(pairs):,} sentences have other translations too, of which one is "
            "right at a time",
        )
    yield from leaks(numbers_of(source.casefold() for source in read.sources), uses, "sentence")
    if same := sum(source == answer for source, answer in pairs):
        told = f"{same:,} of {len(pairs):,} sentences are their own translation"
        yield Doubt("same_as_source", same, told)


def graph_doubts(read: OwnGraph, uses: Uses) -> Iterator[Doubt]:
    """Of a graph; each seed draws which nodes are used for what."""
    graph = read.graph
    labelled = graph.classes[graph.classes >= 0]
    every = np.ones(len(labelled), bool)
    yield from class_doubts(labelled, read.classes, Uses(every, every), "node")
    for what, matrix, told in (
        ("isolated", graph.edges, "have no edge: a graph network sees them alone"),
        ("featureless", graph.features, "have no feature: a network sees nothing of them alone"),
    ):
        if count := int((np.diff(matrix.indptr) == 0).sum()):
            yield Doubt(what, count, f"{count:,} of {len(graph):,} nodes {told}")


def class_doubts(
    labels: NDArray[np.int64], classes: Sequence[str], uses: Uses, one: str = "example"
) -> Iterator[Doubt]:
    """Classes of too few. labels: [n]; one: what an example is called"""
    sizes, learned, tested = (
        np.bincount(of, minlength=len(classes))
        for of in (labels, labels[uses.learned], labels[uses.tested])
    )
    for what, lacking, told in (
        ("empty", sizes == 0, f"no {one}"),
        ("single", sizes == 1, f"one {one}"),
        ("not_learned", (sizes > 1) & (learned == 0), f"no {one} to learn from"),
        ("not_tested", (sizes > 1) & (tested == 0), f"no {one} to test on"),
    ):
        if count := int(lacking.sum()):
            named = ", ".join(shown(classes[i]) for i in np.flatnonzero(lacking)[:MOST_NAMED])
            named += ", …" * (count > MOST_NAMED)
            have = "has" if count == 1 else "have"
            told = f"{count:,} of {len(classes):,} classes {have} {told}: {named}"
            yield Doubt(what, count, told)
    large, small = int(sizes.argmax()), int(np.where(sizes > 0, sizes, sizes.max()).argmin())
    if sizes[large] >= UNEVEN * sizes[small] and tested.any():
        wrong, most = 1 - tested[large] / tested.sum(), shown(classes[large])
        yield Doubt(
            "uneven",
            len(classes),
            f"classes are uneven: {most} has {sizes[large]:,} {one}s, {shown(classes[small])} "
            f"{sizes[small]:,}; who always answers {most} misclassifies {100 * wrong:.0f} %",
        )


def copies(groups: NDArray[np.int64], one: str = "example") -> Iterator[Doubt]:
    """Examples that are there twice.

    groups: [n], those that are the same have one number; one: what an example is called
    """
    if count := int((groups != np.arange(len(groups))).sum()):
        told = f"{count:,} of {len(groups):,} {one}s are copies of others"
        yield Doubt("copies", count, told)


def leaks(groups: NDArray[np.int64], uses: Uses, one: str = "example") -> Iterator[Doubt]:
    """Examples to test on that are there to learn from too; see `copies`."""
    both = np.isin(groups[uses.tested], groups[~uses.tested])
    if count := int(both.sum()):
        told = f"{count:,} of {len(both):,} test {one}s are also among those to learn from"
        yield Doubt("leaked", count, told)


def flat(grids: NDArray[Any]) -> NDArray[np.bool_]:
    """[n]: whether every channel of an example is nearly of one value. grids: [n, channels, …]"""
    values = grids.reshape(*grids.shape[:2], -1)
    low, high = values.min(axis=2), values.max(axis=2)
    whole = 255.0 if grids.dtype == np.uint8 else float(high.max()) - float(low.min())
    seen: NDArray[np.bool_] = (high.astype(np.float64) - low <= FLAT * whole).all(axis=1)
    return seen


def shown(text: str, most: int = LETTERS) -> str:
    """A text of a stranger's file as it is told: one line, no signs that control a terminal."""
    seen = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def numbers_of(things: Iterable[Hashable]) -> NDArray[np.int64]:
    """[n]: things that are equal have the same number, that of the first."""
    first: dict[Hashable, int] = {}
    return np.array([first.setdefault(thing, i) for i, thing in enumerate(things)], np.int64)


def _otherwise_labelled(
    groups: NDArray[np.int64], labels: NDArray[np.int64], classes: Sequence[str]
) -> Iterator[Doubt]:
    """Examples that are the same and have different labels."""
    pairs = np.unique(np.stack([groups, labels], axis=1), axis=0)
    found, several = np.unique(pairs[:, 0], return_counts=True)
    if count := int(np.isin(groups, found[several > 1]).sum()):
        of = pairs[pairs[:, 0] == found[several > 1][0], 1][:2]
        one, other = (shown(classes[i]) for i in of)
        told = f"{count:,} examples are the same as others of another class, e.g. {one} and {other}"
        yield Doubt("otherwise_labelled", count, told)
