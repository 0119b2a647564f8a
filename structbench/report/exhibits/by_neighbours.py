"""How often networks err on nodes with few and many neighbours, and with like and unlike ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.data.graphs.examples import NO_CLASS, Graph
from structbench.report.exhibits.lengths import pooled
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.nodes import (
    degrees,
    known_neighbours,
    like_neighbours,
    rewired,
)
from structbench.report.figures.along import Along, along
from structbench.report.figures.axes import SHARES
from structbench.report.figures.marks import GOES_ON, Marks
from structbench.report.figures.style import SEEDS, CaptionedFigure, looks
from structbench.report.places import new
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import counted, interval_percent, percent
from structbench.results.comparison import Comparison

# The test nodes of all seeds together that a group has at least, and how many groups are readable.
LEAST, MOST = 20, 8
# So many models are drawn; the tables have all.
MODELS = 8
# Shares of like neighbours, in per cent, that are never told apart: from one to the other.
QUARTERS = ((0, 0), (1, 25), (26, 50), (51, 75), (76, 99), (100, 100))
# What stands for the share of a node that has no neighbours.
NONE = -1


@dataclass(frozen=True)
class Errors:
    """Of one model on the nodes of a group.

    by_seed: its share of errors, of each seed that has such nodes; interval: of their mean; None
    with one seed, where a seed has none of them, and where the seeds do not differ
    """

    by_seed: tuple[float, ...]
    interval: st.Interval | None

    @classmethod
    def of(cls, wrong: Sequence[NDArray[np.bool_]]) -> "Errors":
        """wrong: for each seed, of its nodes of the group"""
        shares = tuple(float(of.mean()) for of in wrong if len(of))
        interval = st.mean_t(shares) if len(shares) == len(wrong) > 1 else None
        return cls(shares, None if interval and interval.degenerate else interval)

    @property
    def mean(self) -> float:
        """Over the seeds that have such nodes."""
        return float(np.mean(self.by_seed))

    @property
    def marks(self) -> Marks:
        """In per cent."""
        ends = (self.interval.low, self.interval.high) if self.interval else ()
        bar = np.clip(100 * np.array(ends), 0, 100)
        return Marks(100 * np.array(self.by_seed[:SEEDS]), 100 * self.mean, bar.tolist())


@dataclass(frozen=True)
class Group:
    """Nodes that are alike. name: of what they have in common; nodes: how many, of all seeds"""

    name: str
    nodes: int
    errors: Mapping[str, Errors]


@dataclass(frozen=True)
class Grouped:
    """Errors by one property of a node.

    axis: what it is called; table, title: of its table
    unknown: whether some neighbours have no class, and do not count
    """

    axis: str
    table: str
    title: str
    groups: Sequence[Group]
    unknown: bool = False


@dataclass(frozen=True)
class Tested:
    """The test nodes of one seed: their degrees, the share of like neighbours in per cent, NONE
    without neighbours, and whether each model errs: each [n]."""

    degrees: NDArray[np.int64]
    likeness: NDArray[np.int64]
    wrong: Mapping[str, NDArray[np.bool_]]


def by_neighbours(comparison: Comparison, material: Material) -> Section:
    """A figure for each property, and its numbers."""
    condition, seeds, unknown = comparison.conditions[0], list[Tested](), False
    for runs in material.by_seed(comparison):
        graph, nodes = material.graph_of(*next(iter(runs.values())), condition)
        wrong = {name: outcome.wrong(condition) for name, (_, outcome) in runs.items()}
        seeds.append(Tested(degrees(graph)[nodes], likeness(graph)[nodes], wrong))
        unknown = bool((graph.classes == NO_CLASS).any())
    found = (
        Grouped("neighbours", "by_degree", "number of neighbours", _by_degree(seeds)),
        Grouped(
            "neighbours of the node's class", "by_likeness", "share of like neighbours",
            _by_likeness(seeds), unknown,
        ),
    )  # fmt: skip
    return _section(comparison, [of for of in found if len(of.groups) > 1])


def likeness(graph: Graph) -> NDArray[np.int64]:
    """How many of a node's neighbours are of its class, of those that have one: in whole per cent,
    NONE without: [nodes].

    0 and 100 only where that is none and all of them.
    """
    counts, of = like_neighbours(graph), known_neighbours(graph)
    share = np.rint(100 * counts / np.maximum(of, 1)).astype(np.int64)
    some = np.where((counts > 0) & (counts < of), share.clip(1, 99), share)
    return np.where(of > 0, some, NONE)


def _by_degree(seeds: Sequence[Tested]) -> list[Group]:
    found = [of.degrees for of in seeds]
    every = np.concatenate(found)
    groups = [((0, 0), "0")] if (every == 0).any() else []
    if (every > 0).any():
        groups += [
            ((low, high), str(low) if low == high else f"{low}–{high}")
            for low, high in pooled([every[every > 0]], LEAST, MOST)
        ]
    return list(_groups(seeds, found, groups))


def _by_likeness(seeds: Sequence[Tested]) -> list[Group]:
    """Neighbouring quarters together where they have few nodes."""
    found = [of.likeness for of in seeds]
    every = np.concatenate(found)
    groups = [((NONE, NONE), "alone")] if (every == NONE).any() else []
    if (every != NONE).any():
        place = np.searchsorted([high for _, high in QUARTERS], every[every != NONE])
        for first, last in pooled([place], LEAST, MOST):
            low, high = QUARTERS[first][0], QUARTERS[last][1]
            groups.append(((low, high), f"{low} %" if low == high else f"{low}–{high} %"))
    return list(_groups(seeds, found, groups))


def _groups(
    seeds: Sequence[Tested],
    found: Sequence[NDArray[np.int64]],
    groups: Sequence[tuple[tuple[int, int], str]],
) -> Iterator[Group]:
    """found: the property of each seed's nodes; groups: its lowest and highest, and their name"""
    for (low, high), name in groups:
        inside = [(low <= of) & (of <= high) for of in found]
        errors = {
            model: Errors.of([of.wrong[model][i] for of, i in zip(seeds, inside, strict=True)])
            for model in seeds[0].wrong
        }
        yield Group(name, int(sum(i.sum() for i in inside)), errors)


def _section(comparison: Comparison, shown: Sequence[Grouped]) -> Section:
    text = (
        "A graph network reads a node together with its neighbours: that helps where they are of "
        "its class and misleads where they are not, and where there are few they say little."
    )
    if not shown:
        few = f"There are too few test nodes to tell their neighbours apart ({LEAST} a group)."
        return Section("neighbours", "Error by neighbours", f"{text} {few}")
    return Section(
        "neighbours",
        "Error by neighbours",
        text,
        {"error_by_neighbours": drawn(comparison, shown)},
        folded=tuple(_table(comparison, of) for of in shown),
    )


def drawn(comparison: Comparison, shown: Sequence[Grouped]) -> CaptionedFigure:
    """A panel for each property; beneath each group the number of its nodes."""
    look = dict(list(looks(list(comparison.models)).items())[:MODELS])
    panels = [
        Along(
            of.title,
            f"{of.axis}, and how many nodes",
            {
                name: (range(len(of.groups)), [group.errors[name].marks for group in of.groups])
                for name in look
            },
            SHARES,
            names={i: group.name for i, group in enumerate(of.groups)},
            beneath={i: f"{group.nodes:,}" for i, group in enumerate(of.groups)},
        )
        for of in shown
    ]
    figure = along(panels, look, "nodes answered wrongly", bottom=0.85, least=3.2, tall=16)
    figure.caption = (
        "Share of the test nodes whose answer is wrong, by their neighbours in "
        f"{'their graph' if comparison.seed_draws == 'graph' else 'the graph'} of condition "
        f"{comparison.conditions[0]}{rewired(comparison)}. {_marks_text(comparison)} "
        f"Nodes stand together until there are {LEAST}, those without neighbours (alone) by "
        f"themselves; the numbers beneath say how many there are{_of_all(comparison)}. Whether a "
        "neighbour is of the node's class is judged by the true classes, of which the networks "
        "were shown only those of the training nodes."
        + " Neighbours without a class do not count there." * any(of.unknown for of in shown)
        + f" The first {MODELS} of {len(comparison.models)} models; the tables have all."
        * (len(comparison.models) > MODELS)
    )
    figure.alt = " ".join(f"By {of.title}: {_in_words(of)}." for of in shown)
    return figure


def _marks_text(comparison: Comparison) -> str:
    n = len(comparison.seeds)
    if n == 1:
        return (
            f"Each mark is one trained network (seed {comparison.seeds[0]}); it has no bar, since "
            "the nodes of one graph are not independent."
        )
    return (
        "Small marks are single seeds, the line joins the means of those that have such nodes, the "
        f"bar is the mean's {_interval_text(comparison)}, where each seed has some and they "
        f"differ. {GOES_ON}"
    )


def _interval_text(comparison: Comparison) -> str:
    over = f"95 % t interval over {counted(len(comparison.seeds), 'seed')}"
    return over + f", so over {new(comparison)}" * bool(new(comparison))


def _of_all(comparison: Comparison) -> str:
    n = len(comparison.seeds)
    return f" among the test nodes of all {n} seeds" if n > 1 else ""


def _in_words(of: Grouped) -> str:
    first, last = of.groups[0], of.groups[-1]
    return "; ".join(
        f"{name} {100 * first.errors[name].mean:.1f} % ({first.name}) to "
        f"{100 * last.errors[name].mean:.1f} % ({last.name})"
        for name in first.errors
    )


def _table(comparison: Comparison, of: Grouped) -> Table:
    """One line a group."""
    n = len(comparison.seeds)
    note = f"of one trained network each (seed {comparison.seeds[0]})"
    if n > 1:
        note = (
            f"mean over those of {n} seeds that have such nodes; in brackets: "
            f"{_interval_text(comparison)}, where each has some and they differ"
        )
    return Table(
        of.table,
        f"{comparison.conditions[0]}: misclassification by {of.title}",
        (of.title, f"nodes{' of all seeds' * (n > 1)}", *comparison.models),
        tuple(
            (group.name, f"{group.nodes:,}", *map(_cell, group.errors.values()))
            for group in of.groups
        ),
        note,
    )


def _cell(found: Errors) -> str:
    interval = f" ({interval_percent(found.interval)})" if found.interval else ""
    return f"{percent(found.mean)}{interval}"
