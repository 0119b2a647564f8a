"""Runs for the terminal. Imports no statistics before they are asked for: listing is quick."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from structbench.outcome import Summary
from structbench.report.console import listing, plain_table
from structbench.report.text import percent, seconds
from structbench.store.runs import Check, Entry


def outcome_table(summary: Summary, folder: Path) -> RenderableType:
    """What one run found."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in (
        ("parameters", f"{summary.parameters:,}"),
        ("multiply-accumulates", f"{summary.macs:,} an example"),
        ("training loss", f"{summary.train_loss:.4f} (cross-entropy, epoch average)"),
        ("time", f"{seconds(summary.seconds)}, of which training {seconds(_training(summary))}"),
        ("threads", str(summary.threads or "not recorded")),
        ("run folder", str(folder)),
    ):
        facts.add_row(Text(name), Text(value, overflow="fold"))
    conditions = plain_table(
        "condition", "misclassified", "95 % Wilson interval", right=["misclassified"]
    )
    for condition, share in summary.misclassification.items():
        conditions.add_row(condition, percent(share), _wilson(summary, condition))
    smoke = " · smoke run: too few examples to mean anything" if summary.smoke else ""
    title = (
        f"{summary.model} · seed {summary.seed} · {summary.precision} on {summary.device}{smoke}"
    )
    counts = " or ".join(f"{count:,}" for count in sorted(set(summary.examples.values())))
    note = f"intervals over the {counts} test examples, for this one trained network"
    notes = (Text(text, style="dim") for text in (note, *summary.notices))
    return Group(Text(title, style="bold"), facts, conditions, *notes)


def _training(summary: Summary) -> float:
    return sum(epoch.seconds for epoch in summary.history)


def _wilson(summary: Summary, condition: str) -> str:
    """The 95 % Wilson interval of a condition, in per cent."""
    from structbench.statistics import wilson

    examples = summary.examples[condition]
    interval = wilson(round(summary.misclassification[condition] * examples), examples)
    return f"{100 * interval.low:.2f} … {100 * interval.high:.2f} %"


def checks_table(checks: Sequence[Check]) -> RenderableType:
    """One line a folder, and one for each thing that is wrong with it."""
    table = plain_table("folder", "state", "files", "", right=["files"])
    for check in checks:
        said = Text("\n".join(check.problems) or "whole", style="yellow" * bool(check.problems))
        table.add_row(Text(check.name), check.state, f"{check.files:,}", said)
    return table


def runs_list(entries: Iterable[Entry]) -> Text:
    """One line a run; those that cannot be used say why."""
    columns = ("run", "model", "seed", "parameters", "misclassified", "time")
    return listing(columns, map(_row, entries), right=("seed", "parameters", "time"))


def _row(entry: Entry) -> tuple[tuple[str, ...], str]:
    summary = entry.summary
    if entry.state != "finished" or summary is None:
        return (entry.name, "", "", "", f"{entry.state}: {entry.reason}"), "yellow"
    cells = (
        entry.name,
        f"{summary.model}{' (smoke)' if summary.smoke else ''}",
        str(summary.seed),
        f"{summary.parameters:,}",
        ", ".join(f"{c} {percent(s)}" for c, s in summary.misclassification.items()),
        seconds(summary.seconds),
    )
    return cells, ""
