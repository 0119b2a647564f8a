"""The report of a sweep as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from structbench.experiment.sweep import level_text
from structbench.report.figures.style import CaptionedFigure
from structbench.report.markup import drawing, link, machines, rendered
from structbench.report.provenance import Origin, origins
from structbench.report.sweep_grids import sweep_grids, sweep_title
from structbench.report.sweep_sentences import sweep_headline, sweep_sentences
from structbench.results.sweep import Point, Sweep
from structbench.store.runs import Store

# A page must stay small; the CSV and sweep.json name every run.
MOST_RUNS = 300


def sweep_page(
    sweep: Sweep, figures: Mapping[str, CaptionedFigure], store: Store, runs: str = ".."
) -> str:
    """The page of a sweep; runs: the runs folder as a relative path from the page's own folder."""
    shown = list(islice(_origins(sweep, store), MOST_RUNS))
    grids = {grid.name: grid for grid in sweep_grids(sweep, verbose=True)}
    return rendered(
        "sweep.html",
        title=sweep.title,
        sweep=sweep,
        eyebrow=sweep_title(sweep),
        headline=sweep_headline(sweep),
        sentences=sweep_sentences(sweep),
        grids=grids,
        strengths=[grid for name, grid in grids.items() if name.startswith("strength_")],
        drawings={name: drawing(name, figure) for name, figure in figures.items()},
        points=[(_point_text(point), point.comparison.command) for point in sweep.points],
        origins=shown,
        left_out=len(
            {r for p in sweep.points for m in p.comparison.models.values() for r in m.runs}
        )
        - len(shown),
        machines=machines(shown),
        run_links={origin.run: link(origin.run, runs) for origin in shown},
    )


def _point_text(point: Point) -> str:
    levels = (f"{key} {level_text(level)}" for key, level in point.levels.items())
    return ", ".join(levels) or "all conditions"


def _origins(sweep: Sweep, store: Store) -> Iterator[Origin]:
    """Each run once, with the first point it is at."""
    seen = set()
    for point in sweep.points:
        at = f" at {_point_text(point)}" if point.levels else ""
        for origin in origins(point.comparison, store):
            if origin.run not in seen:
                seen.add(origin.run)
                yield replace(origin, model=f"{origin.model}{at}")
