"""Tables for the terminal: functions of data that return what rich can show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from structbench.comparison import Comparison, Excluded
from structbench.forecast import Forecast
from structbench.models.layers import Module, Shape, Window, shape_text
from structbench.models.structure import Row, Structure
from structbench.outcome import Summary
from structbench.report.folder import PAGE
from structbench.report.grids import Grid, grids
from structbench.report.sentences import sentences
from structbench.report.sweep_grids import sweep_grids
from structbench.report.sweep_sentences import sweep_sentences
from structbench.report.text import counted, percent, seconds, wilson_text
from structbench.store import Check, Entry
from structbench.sweeps import Sweep


def _table(title: str, *columns: str, right: Collection[str] = ()) -> Table:
    """A plain table; the columns named in `right` are aligned to the right."""
    table = Table(
        title=Text(title), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left")
    return table


def outcome_table(summary: Summary, folder: Path) -> RenderableType:
    """What one run found."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in (
        ("parameters", f"{summary.parameters:,}"),
        ("multiply-accumulates", f"{summary.macs:,} an image"),
        ("training loss", f"{summary.train_loss:.4f} (cross-entropy, epoch average)"),
        ("time", f"{seconds(summary.seconds)}, of which training {seconds(_training(summary))}"),
        ("run folder", str(folder)),
    ):
        facts.add_row(Text(name), Text(value, overflow="fold"))
    conditions = _table(
        "", "condition", "misclassified", "95 % Wilson interval", right=["misclassified"]
    )
    for condition, share in summary.misclassification.items():
        conditions.add_row(condition, percent(share), wilson_text(summary, condition))
    smoke = " · smoke run: too few images to mean anything" if summary.smoke else ""
    title = (
        f"{summary.model} · seed {summary.seed} · {summary.precision} on {summary.device}{smoke}"
    )
    note = f"intervals over the {summary.examples:,} test images, for this one trained network"
    return Group(Text(title, style="bold"), facts, conditions, Text(note, style="dim"))


def _training(summary: Summary) -> float:
    return sum(epoch.seconds for epoch in summary.history)


def models_table(
    structures: Mapping[str, Structure], purposes: Mapping[str, str]
) -> RenderableType:
    """One line a family."""
    table = _table(
        "",
        "family",
        "parameters",
        "multiply-accumulates",
        "what it is",
        right=["parameters", "multiply-accumulates"],
    )
    for name, structure in structures.items():
        table.add_row(
            name, f"{structure.parameters:,}", f"{structure.macs:,}", Text(purposes[name])
        )
    return Group(
        table,
        Text("on MNIST, with default options; `structbench models cnn` shows one", style="dim"),
    )


def structure_table(structure: Structure, title: str) -> RenderableType:
    """A model layer by layer, each number with the arithmetic that gives it."""
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False)
    for column in ("layer", "window", "output", "size", "parameters", "", "MACs", "sees"):
        number = column in ("parameters", "MACs")
        table.add_column(
            column, justify="right" if number else "left", no_wrap=number or not column
        )
    for row in structure.rows:
        table.add_row(
            row.layer.describe(),
            _window(row),
            shape_text(row.output_shape),
            _size(row),
            f"{row.parameters.value:,}" if row.parameters.value else "",
            f"= {row.parameters.formula}" if row.parameters.formula else "",
            f"{row.macs:,}" if row.macs else "",
            _field(row),
        )
    table.add_section()
    table.add_row("total", "", "", "", f"{structure.parameters:,}", "", f"{structure.macs:,}", "")
    legend = (
        "window: K kernel, S stride, P padding · size: (M + 2P − K)/S + 1 · MACs: "
        "multiply-accumulates of one image's forward pass · sees: "
        "receptive field of one output value, in input pixels"
    )
    return Group(table, Text(legend, style="dim"))


def _window(row: Row) -> str:
    layer = row.layer
    if not isinstance(layer, Window):
        return ""
    return f"K {layer.kernel_size} S {layer.stride} P {layer.padding}"


def _size(row: Row) -> str:
    """The formula worked out, once for each different side."""
    if not isinstance(row.layer, Window):
        return ""
    sides: Shape = tuple(dict.fromkeys(row.input_shape[1:]))
    worked = (row.layer.side(side) for side in sides)
    return ", ".join(f"{side.formula} = {side.value}" for side in worked)


def _field(row: Row) -> str:
    if isinstance(row.layer, Module):
        return ""
    return "all" if row.receptive_field is None else f"{row.receptive_field}×{row.receptive_field}"


def comparison_tables(comparison: Comparison, folder: Path, verbose: bool) -> RenderableType:
    """What a comparison found: its tables, and in a sentence each what may be said of them."""
    return _findings(grids(comparison, verbose), sentences(comparison), comparison.excluded, folder)


def sweep_tables(sweep: Sweep, folder: Path, verbose: bool) -> RenderableType:
    """What a sweep found: its tables, and in a sentence each what may be said of them."""
    return _findings(sweep_grids(sweep, verbose), sweep_sentences(sweep), sweep.excluded, folder)


def _findings(
    shown: Sequence[Grid], said: Sequence[str], excluded: Sequence[Excluded], folder: Path
) -> RenderableType:
    parts: list[RenderableType] = []
    for grid in shown:
        table = _table("", *grid.columns, right=grid.columns[1:])
        for row in grid.rows:
            table.add_row(*map(Text, row))
        parts += [Text(grid.title, style="bold"), table, Text(grid.note, style="dim"), Text()]
    parts += [Text(f"• {sentence}") for sentence in said]
    for run in excluded:
        why = f"seed {run.seed} is left out: {run.model} failed: {run.reason}"
        parts.append(Text(why, style="yellow"))
    parts.append(Text(f"report: {folder / PAGE}", style="bold"))
    return Group(*parts)


def forecast_table(forecast: Forecast) -> RenderableType:
    """One line a run, and how long what is left would take."""
    table = _table("", "run", "what", "seed", "state", "time", right=["seed", "time"])
    for run in forecast.runs:
        about = "" if run.state == "finished" else "about "
        time = "unknown" if run.seconds is None else f"{about}{seconds(run.seconds)}"
        table.add_row(Text(run.run), Text(run.label), str(run.seed), run.state, time)
    finished = sum(run.state == "finished" for run in forecast.runs)
    summary = f"{finished} of {counted(len(forecast.runs), 'run')} finished, {forecast.to_do} to do"
    left = "unknown" if forecast.seconds is None else f"about {seconds(forecast.seconds)}"
    basis = f"from the time of {counted(forecast.based_on, 'trained run')}"
    note = f"; estimated time, one run after another: {left}" if forecast.to_do else ""
    note += f" ({basis})" if note and forecast.seconds is not None else ""
    return Group(table, Text(f"{summary}{note}", style="bold"))


def checks_table(checks: Sequence[Check]) -> RenderableType:
    """One line a folder, and one for each thing that is wrong with it."""
    table = _table("", "folder", "state", "files", "", right=["files"])
    for check in checks:
        said = Text("\n".join(check.problems) or "whole", style="yellow" * bool(check.problems))
        table.add_row(Text(check.name), check.state, f"{check.files:,}", said)
    return table


def runs_table(entries: Iterable[Entry]) -> RenderableType:
    """One line a run; those that cannot be used say why."""
    table = _table(
        "",
        "run",
        "model",
        "seed",
        "parameters",
        "misclassified",
        "time",
        right=["seed", "parameters", "time"],
    )
    for entry in entries:
        summary = entry.summary
        if entry.state != "finished" or summary is None:
            state = f"{entry.state}: {entry.reason}"
            table.add_row(Text(entry.name), "", "", "", Text(state, style="yellow"), "")
            continue
        shares = ", ".join(f"{c} {percent(s)}" for c, s in summary.misclassification.items())
        table.add_row(
            Text(entry.name),
            Text(f"{summary.model}{' (smoke)' if summary.smoke else ''}"),
            str(summary.seed),
            f"{summary.parameters:,}",
            shares,
            seconds(summary.seconds),
        )
    return table
