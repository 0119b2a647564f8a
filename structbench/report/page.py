"""The report of a comparison as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structbench.data.conditions import CORRUPTIONS, parse_condition
from structbench.report.figures.style import SERIES, CaptionedFigure, looks
from structbench.report.focus import focus, leader
from structbench.report.grids import grids
from structbench.report.markup import drawing, link, machines, rendered
from structbench.report.provenance import Origin
from structbench.report.section import Section
from structbench.report.sentences import headline, sentences
from structbench.report.table import Table
from structbench.report.text import counted, percent
from structbench.results.comparison import Comparison, Misclassification


@dataclass(frozen=True)
class Card:
    """A model's main number, as the head of the page shows it.

    share: of the largest model's number, in per cent
    """

    model: str
    series: int
    value: str
    spread: str
    parameters: str
    runs: tuple[str, ...]
    share: float


def page(
    comparison: Comparison,
    figures: Mapping[str, CaptionedFigure],
    exhibits: Sequence[Section],
    layers: Mapping[str, Table],
    origins: Sequence[Origin],
    runs: str = "..",
) -> str:
    """The page of a comparison, or of one run as a comparison of one model and one seed.

    runs: the runs folder as a relative path from the page's own folder
    """
    return rendered(
        "report.html",
        title=_title(comparison),
        comparison=comparison,
        exhibits=exhibits,
        layers=layers,
        headline=headline(comparison, focus(comparison)),
        sentences=sentences(comparison),
        grids={grid.name: grid for grid in grids(comparison, verbose=True)},
        focus=focus(comparison),
        cards=_cards(comparison),
        conditions=[(c, meaning(c)) for c in comparison.conditions],
        drawings={
            name: drawing(name, figure)
            for shown in (figures, *(section.figures for section in exhibits))
            for name, figure in shown.items()
        },
        origins=origins,
        machines=machines(origins),
        run_links={origin.run: link(origin.run, runs) for origin in origins},
        seed_links=_seed_links(comparison, runs),
    )


def _title(comparison: Comparison) -> str:
    if comparison.baseline is None:
        return leader(comparison)
    others = [name for name in comparison.models if name != comparison.baseline]
    listed = " and ".join(filter(None, (", ".join(others[:-1]), others[-1])))
    return f"{listed} against {comparison.baseline}"


def _cards(comparison: Comparison) -> list[Card]:
    condition = focus(comparison)
    found = {name: model.misclassification[condition] for name, model in comparison.models.items()}
    series = {name: SERIES.index(look.colour) for name, look in looks(list(found)).items()}
    largest = (max(one.mean for one in found.values()) if len(found) > 1 else 1.0) or 1.0
    return [
        Card(
            name,
            series[name],
            percent(found[name].mean),
            _spread(found[name], comparison),
            f"{model.parameters:,}",
            model.runs,
            round(100 * found[name].mean / largest, 2),
        )
        for name, model in comparison.models.items()
    ]


def _spread(found: Misclassification, comparison: Comparison) -> str:
    if found.sd is None:
        return f"one trained network, seed {comparison.seeds[0]}"
    return f"± {percent(found.sd)} standard deviation over {counted(len(comparison.seeds), 'seed')}"


def meaning(condition: str) -> str:
    """What a condition does, as its corruption says of itself."""
    name = parse_condition(condition).name
    corruption = CORRUPTIONS[name]
    first_line = (corruption.alter.__doc__ or "").partition("\n")[0]
    return f"{corruption.usage(name)}: {first_line}" if corruption.arguments else first_line


def _seed_links(comparison: Comparison, runs: str) -> list[list[str]]:
    """For each row and seed of the table of seeds, the run that the number comes from."""
    return [
        [link(run, runs) for run in model.runs]
        for model in comparison.models.values()
        for _ in comparison.conditions
    ]
