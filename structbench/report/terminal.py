"""What several runs say together, for the terminal: functions that return what rich can show."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from structbench.launch.forecast import Expected, Forecast
from structbench.report.console import listing, titled
from structbench.report.folder import PAGE
from structbench.report.places import Found, warnings
from structbench.report.sentences import headline, sentences
from structbench.report.tables import tables
from structbench.report.text import counted, seconds


def results_view(found: Found, folder: Path, verbose: bool = False) -> RenderableType:
    """What a comparison or sweep found: its tables, and in a sentence each what may be said.

    verbose: with the tables that others sum up
    """
    shown = [table for table in tables(found) if verbose or not table.detail]
    said, first = sentences(found), headline(found)
    return Group(
        *(part for table in shown for part in (titled(table), Text())),
        *((Text(first), Text()) if first not in ("", *said) else ()),
        *(Text(f"• {sentence}") for sentence in said),
        *(Text(warning, "yellow") for warning in warnings(found)),
        Text(f"report: {folder / PAGE}", "bold"),
    )


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
