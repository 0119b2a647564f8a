"""The report of a comparison or sweep as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structbench.report.figures.style import SERIES, looks
from structbench.report.focus import focus, leader
from structbench.report.markup import rendered
from structbench.report.places import Found, examples_text, ground, warnings
from structbench.report.section import Section
from structbench.report.sentences import headline
from structbench.report.text import counted, listed, percent
from structbench.results.comparison import Comparison, Misclassification
from structbench.results.sweep import Sweep

# So many names fit a heading, and so many cards a screen.
MOST_NAMES, MOST_CARDS = 4, 8


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
    share: float


def page(found: Found, shown: Sequence[Section], runs: str = "..") -> str:
    """The page of a sweep, of a comparison, or of one run as a comparison of one model and seed.

    shown: its sections; runs: the runs folder as a relative path from the page's own folder
    """
    cards = [] if isinstance(found, Sweep) else _cards(found)
    return rendered(
        title=_title(found),
        eyebrow=ground(found),
        headline=headline(found),
        warnings=warnings(found),
        cards=cards,
        of="" if isinstance(found, Sweep) else _of(found),
        sections=shown,
        runs=runs,
    )


def _title(found: Found) -> str:
    if isinstance(found, Sweep):
        return found.title
    if found.baseline is None:
        return leader(found)
    others = [name for name in found.models if name != found.baseline]
    named = listed(others) if len(others) <= MOST_NAMES else counted(len(others), "model")
    return f"{named} against {found.baseline}"


def _of(comparison: Comparison) -> str:
    """What the cards' numbers are."""
    models = len(comparison.models)
    best = f", the best {MOST_CARDS} of {counted(models, 'model')}" if models > MOST_CARDS else ""
    return f"misclassification of {examples_text(comparison)}, {focus(comparison)}{best}"


def _cards(comparison: Comparison) -> list[Card]:
    condition = focus(comparison)
    found = {name: model.misclassification[condition] for name, model in comparison.models.items()}
    best = sorted(found, key=lambda name: found[name].mean)[:MOST_CARDS]
    series = {name: SERIES.index(look.colour) for name, look in looks(list(found)).items()}
    largest = (max(found[name].mean for name in best) if len(found) > 1 else 1.0) or 1.0
    return [
        Card(
            name,
            series[name],
            percent(found[name].mean),
            _spread(found[name], comparison),
            f"{model.parameters:,}",
            round(100 * found[name].mean / largest, 2),
        )
        for name, model in comparison.models.items()
        if name in best
    ]


def _spread(found: Misclassification, comparison: Comparison) -> str:
    if found.sd is None:
        return f"one trained network, seed {comparison.seeds[0]}"
    return f"± {percent(found.sd)} standard deviation over {counted(len(comparison.seeds), 'seed')}"
