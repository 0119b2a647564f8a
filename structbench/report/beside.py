"""Ours beside what others published: when, as a table, and in sentences.

One published number has no spread: whether it differs from ours is not tested, only whether it is
outside of our interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structbench.report.places import (
    Found,
    axes,
    explained,
    interval_label,
    new,
    over_seeds,
    places,
    where,
)
from structbench.report.published import (
    ABOUT,
    ABOUT_DEPTHS,
    AGAIN,
    DEPTHS,
    HE,
    PUBLISHED,
    Published,
    PublishedDepth,
)
from structbench.report.table import Table
from structbench.report.text import capital, interval_percent, listed, share_text
from structbench.results.comparison import ComparedModel, Comparison, Misclassification


@dataclass(frozen=True)
class Beside:
    """What was published of one network, by each source, and ours. name: what it is called here"""

    name: str
    published: Sequence[Published]
    model: ComparedModel

    @property
    def ours(self) -> Misclassification:
        """What it makes here of the same question."""
        return self.model.misclassification[self.published[0].condition]

    @property
    def outside(self) -> list[Published]:
        """Outside of our interval, however it was rounded; without a spread nobody knows."""
        interval = self.ours.interval
        if interval is None or interval.degenerate:
            return []
        ranges = [(each, *each.range()) for each in self.published]
        return [each for each, low, high in ranges if high < interval.low or low > interval.high]


Rows = Sequence[tuple[tuple[str, ...], Sequence[Beside]]]
"""For each point with published numbers its levels, and a row for each network."""


def beside_published(comparison: Comparison) -> Rows:
    """With the structure and, where that is asked for, without it."""
    found = ((levels, _beside(each)) for levels, each in places(comparison))
    return [(levels, rows) for levels, rows in found if rows]


def _beside(comparison: Comparison) -> list[Beside]:
    """A row for each published network, where all of them are compared on the same examples."""
    found: dict[str, list[Published]] = {}
    for published in PUBLISHED:
        if _is_of(published, comparison):
            found.setdefault(_name(published, comparison), []).append(published)
    if "" in found:
        return []
    return [Beside(name, each, comparison.models[name]) for name, each in found.items()]


def _name(published: Published, comparison: Comparison) -> str:
    """What the network is called here; empty where it is none, or nobody knows which."""
    sizes = {
        name: m.parameters for name, m in comparison.models.items() if m.family == published.family
    }
    if published.parameters is None:
        return next(iter(sizes)) if len(sizes) == 1 else ""
    return next((name for name, size in sizes.items() if size == published.parameters), "")


def _is_of(published: Published, comparison: Comparison) -> bool:
    """Whether it is of the examples, the condition and the structure that were compared."""
    return (
        not comparison.smoke
        and published.data == comparison.data
        and published.structure_removed == comparison.structure_removed
        and published.condition in comparison.conditions
        and published.train_examples == comparison.train_examples
    )


def published_table(comparison: Comparison) -> Table:
    """A line a network, and at each point for which there are published numbers."""
    points = beside_published(comparison)
    first, about = points[0][1][0].published, ABOUT[comparison.data]
    ours = [row.ours.interval for _, rows in points for row in rows]
    named = len(points) > 1  # of one point alone the axis is not told
    return Table(
        "published",
        about.title,
        (
            *(axes(comparison) if named else ()),
            "network",
            "parameters",
            *(each.source for each in first),
            f"ours {where(comparison, first[0].condition)}",
            *["95 % interval"] * any(ours),
        ),
        tuple(
            (*(levels if named else ()), *_cells(row)) for levels, rows in points for row in rows
        ),
        f"ours: {over_seeds(comparison)}; {explained(comparison, '95 % interval', ours)}; "
        f"{about.note}",
        keys=1 + named,
    )


def _cells(row: Beside) -> tuple[str, ...]:
    first, name = row.published[0], row.name
    return (
        first.network + f" ({name})" * (first.network.lower() != name.lower()),
        f"{row.model.parameters:,}",
        *(each.text for each in row.published),
        share_text(row.ours),
        *([interval_percent(row.ours.interval)] if row.ours.interval else []),
    )


def published_sentences(comparison: Comparison) -> list[str]:
    """What is to be known of published numbers, and which are outside of our intervals."""
    points = beside_published(comparison)
    if not points:
        return []
    about = ABOUT[comparison.data]
    outside = ([row for row in rows if row.outside] for _, rows in points)
    told = [_outside(comparison, rows) for rows in outside if rows]
    return [text for text in (about.told, *told, about.reasons * bool(told)) if text]


def _outside(comparison: Comparison, rows: Sequence[Beside]) -> str:
    """Of which networks, with what was published and our interval."""
    first, ours = rows[0].published[0], rows[0].ours.interval
    assert ours  # without an interval nothing is outside
    interval = interval_label(comparison, ours) + "," * bool(new(comparison))
    taken_out = "with the structure taken out, " * bool(first.structure_removed)
    start = capital(taken_out + where(comparison, first.condition))
    return (
        f"{start}, what was published is outside of our {interval} for "
        f"{listed([_published(row) for row in rows])}."
    )


def _published(row: Beside) -> str:
    assert row.ours.interval  # as above
    told = (f"{each.source} {each.percent} %" for each in row.outside)
    return f"{row.name} ({', '.join(told)}; ours {interval_percent(row.ours.interval)})"


@dataclass(frozen=True)
class OfDepth:
    """Errors that others published of a network of so many layers, by their source, and ours of a
    network of the same layers. levels: of its point; name: what it is called here"""

    levels: tuple[str, ...]
    name: str
    network: str
    published: Mapping[str, str]
    model: ComparedModel

    @property
    def ours(self) -> Misclassification:
        """What it makes here of examples as they are."""
        return self.model.misclassification["clean"]


def published_depths(found: Found) -> list[OfDepth]:
    """One for each network of which somebody published the error on CIFAR-10, whatever our data."""
    return [
        OfDepth(levels, name, next(iter(known)).network, {e.source: e.text for e in known}, model)
        for levels, comparison in places(found)
        if not (comparison.smoke or comparison.structure_removed)
        for name, model in comparison.models.items()
        if "clean" in model.misclassification and (known := _of_depth(model))
    ]


def _of_depth(model: ComparedModel) -> list[PublishedDepth]:
    """What was published of it: networks with batch normalisation, without squeeze."""
    options = model.options
    if options.get("normalisation") != "batch" or options.get("squeeze"):
        return []
    asked = (model.family, options.get("depth"))
    return [each for each in DEPTHS if (each.family, each.depth) == asked]


def depths_table(found: Found, told: Sequence[OfDepth]) -> Table:
    """A line a network and point; the two are of other data, and are not tested."""
    ours = [row.ours.interval for row in told]
    data = listed(list(dict.fromkeys(comparison.data for _, comparison in places(found))))
    return Table(
        "published_depths",
        "beside what was published of these depths: other data, so not one question",
        (
            *axes(found),
            "network",
            *(f"{source}: CIFAR-10" for source in (HE, AGAIN)),
            f"ours: {data}",
            *["95 % interval"] * any(ours),
        ),
        tuple(
            (
                *row.levels,
                f"{row.network} ({row.name})",
                *(row.published.get(source, "") for source in (HE, AGAIN)),
                share_text(row.ours),
                *([interval_percent(row.ours.interval)] if row.ours.interval else []),
            )
            for row in told
        ),
        f"{ABOUT_DEPTHS}; ours: {data}, {_numbers('steps', [row.model.steps for row in told])}, "
        f"{_numbers('width', [row.model.options.get('width', 0) for row in told])}, "
        f"{over_seeds(found)}; {explained(found, '95 % interval', ours)}; the two "
        "are not tested against each other",
        keys=1 + len(axes(found)),
    )


def _numbers(what: str, found: Sequence[int]) -> str:
    """`300 steps`, `width 8 and 16`."""
    numbers = listed([f"{number:,}" for number in sorted(set(found))])
    return f"{numbers} {what}" if what == "steps" else f"{what} {numbers}"
