"""What several runs say together, for the terminal: functions that return what rich can show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from structbench.launch.forecast import Expected, Forecast
from structbench.report.console import listing, plain_table
from structbench.report.folder import PAGE
from structbench.report.grids import grids
from structbench.report.sentences import sentences
from structbench.report.sweep_grids import sweep_grids
from structbench.report.sweep_sentences import sweep_sentences
from structbench.report.table import Table
from structbench.report.text import counted, seconds
from structbench.results.comparison import Comparison, Excluded
from structbench.results.sweep import Sweep


def comparison_tables(comparison: Comparison, folder: Path, verbose: bool) -> RenderableType:
    """What a comparison found: its tables, and in a sentence each what may be said of them."""
    return _findings(grids(comparison, verbose), sentences(comparison), comparison.failed, folder)


def sweep_tables(sweep: Sweep, folder: Path, verbose: bool) -> RenderableType:
    """What a sweep found: its tables, and in a sentence each what may be said of them."""
    return _findings(sweep_grids(sweep, verbose), sweep_sentences(sweep), sweep.excluded, folder)


def _findings(
    shown: Sequence[Table], said: Sequence[str], excluded: Sequence[Excluded], folder: Path
) -> RenderableType:
    parts: list[RenderableType] = []
    for grid in shown:
        table = plain_table(*grid.columns, right=grid.columns[1:])
        for row in grid.rows:
            table.add_row(*map(Text, row))
        parts += [Text(grid.title, style="bold"), table, Text(grid.note, style="dim"), Text()]
    parts += [Text(f"• {sentence}") for sentence in said]
    for run in excluded:
        why = f"seed {run.seed} is left out: {run.model} failed: {run.reason}"
        parts.append(Text(why, style="yellow"))
    parts.append(Text(f"report: {folder / PAGE}", style="bold"))
    return Group(*parts)


def forecast_list(forecast: Forecast) -> Text:
    """One line a run, and how long what is left would take."""
    lines = listing(
        ("run", "what", "seed", "state", "time"),
        ((_forecast_cells(run), "") for run in forecast.runs),
        right=("seed", "time"),
    )
    finished = sum(run.state == "finished" for run in forecast.runs)
    summary = (
        f"{finished:,} of {counted(len(forecast.runs), 'run')} finished, {forecast.to_do:,} to do"
    )
    left = "unknown" if forecast.seconds is None else f"about {seconds(forecast.seconds)}"
    basis = f"from the time of {counted(forecast.based_on, 'trained run')}"
    note = f"; estimated time, one run after another: {left}" if forecast.to_do else ""
    note += f" ({basis})" if note and forecast.seconds is not None else ""
    return lines.append(f"\n{summary}{note}", "bold")


def _forecast_cells(run: Expected) -> tuple[str, ...]:
    about = "" if run.state == "finished" else "about "
    time = "unknown" if run.seconds is None else f"{about}{seconds(run.seconds)}"
    return run.run, run.label, str(run.seed), run.state, time
