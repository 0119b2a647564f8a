"""Errors against depth."""

from collections.abc import Mapping, Sequence

from structbench.report.figures.along import Along, along
from structbench.report.figures.axes import SHARES
from structbench.report.figures.grid import left_out
from structbench.report.figures.lines import marks_text
from structbench.report.figures.marks import share
from structbench.report.figures.style import PANELS, CaptionedFigure, looks
from structbench.report.places import tested
from structbench.report.text import percent
from structbench.results.comparison import Comparison

Names = Mapping[str, Sequence[str]]  # of a line → its models, the shallowest first


def depth(comparison: Comparison) -> CaptionedFigure | None:
    """A panel for each condition, a line for each chain; None where there is no chain.

    A model of some depth that no other is like is a mark without a line.
    """
    if not comparison.chains:
        return None
    lines, models, look = _lines(comparison), comparison.models, looks(list(comparison.models))
    panels = [
        Along(
            condition,
            "depth",
            {
                line: (
                    [float(models[name].options["depth"]) for name in names],
                    [share(models[name].misclassification[condition]) for name in names],
                )
                for line, names in lines.items()
            },
            SHARES,
        )
        for condition in comparison.conditions
    ]
    look = {line: look[names[0]] for line, names in lines.items()}
    figure = along(panels, look, "misclassified")
    lone = any(len(names) == 1 for names in lines.values())
    shown = (m.misclassification[c].interval for m in models.values() for c in m.misclassification)
    figure.caption = (
        f"Share of the {tested(comparison)} misclassified by networks that are the same but for "
        f"their depth{', or that no other is like (without a line)' * lone}. "
        f"{marks_text(comparison, list(shown))}"
        f"{left_out(len(panels), 'conditions', len(comparison.seeds))}"
    )
    figure.alt = _in_words(comparison, lines)
    return figure


def _lines(comparison: Comparison) -> Names:
    """Each chain by what its names share, and each other model that has a depth."""
    found: dict[str, Sequence[str]] = {}
    for chain in comparison.chains:
        shared = {_without_depth(comparison, name) for name in chain}
        named = shared.pop() if len(shared) == 1 else ""
        found[named if named and named not in found else f"{chain[0]} …"] = chain
    chained = {name for chain in comparison.chains for name in chain}
    lone = (n for n, m in comparison.models.items() if isinstance(m.options.get("depth"), int))
    return found | {name: (name,) for name in lone if name not in chained}


def _without_depth(comparison: Comparison, name: str) -> str:
    """`plain` of `plain_20`, `plain bare` of `plain_20_bare`."""
    parts = name.split(str(comparison.models[name].options["depth"]))
    return " ".join(filter(None, (part.strip("-_ .") for part in parts)))


def _in_words(comparison: Comparison, lines: Names) -> str:
    def told(condition: str, name: str) -> str:
        model = comparison.models[name]
        share = percent(model.misclassification[condition].mean)
        return f"depth {model.options['depth']} {share}"

    return " ".join(
        f"{condition}: "
        + "; ".join(
            f"{line} {', '.join(told(condition, name) for name in names)}"
            for line, names in lines.items()
        )
        + "."
        for condition in comparison.conditions[:PANELS]
    )
