"""Runs for the terminal. Imports no statistics before they are asked for: listing is quick."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from structbench.data.alterations import of_tests
from structbench.outcome import Summary
from structbench.problem import INDEPENDENT, Kind
from structbench.report.console import GAP, listing, plain_table, titled
from structbench.report.table import Table, words
from structbench.report.text import (
    NOT_INDEPENDENT,
    asked_of,
    fitting,
    interval_percent,
    macs_of,
    percent,
    seconds,
)
from structbench.store.runs import Check, Entry


def outcome_table(summary: Summary, folder: Path, kind: Kind) -> RenderableType:
    """What one run found. kind: of its data"""
    smoke = " · smoke run: too few examples to mean anything" if summary.smoke else ""
    title = f"{summary.model} · seed {summary.seed} · {summary.precision} on {summary.device}"
    training = sum(epoch.seconds for epoch in summary.history)
    facts = [
        ("parameters", f"{summary.parameters:,}"),
        ("multiply-accumulates", f"{summary.macs:,} {macs_of(kind)}"),
        ("training loss", f"{summary.train_loss:.4f} (cross-entropy, epoch average)"),
        ("time", f"{seconds(summary.seconds)}, of which training {seconds(training)}"),
        ("threads", str(summary.threads or "not recorded")),
        ("run folder", str(folder)),
    ]
    found = _over_examples(summary) if kind in INDEPENDENT else _of_nodes(summary)
    notices = (Text(text, style="yellow") for text in summary.notices)
    return Group(titled(words("facts", facts, title=title + smoke)), titled(found), *notices)


def _over_examples(summary: Summary) -> Table:
    shares = summary.misclassification.items()
    return Table(
        "outcome",
        "",
        ("condition", "misclassified", "95 % Wilson interval"),
        tuple((c, percent(share), _wilson(summary, c)) for c, share in shares),
        f"intervals over the {_counts(summary, 'image')}, for this one trained network",
    )


def _of_nodes(summary: Summary) -> Table:
    shares = summary.misclassification.items()
    return Table(
        "outcome",
        "",
        ("condition", "misclassified"),
        tuple((c, percent(share)) for c, share in shares),
        f"of {_counts(summary, 'graph')}, by this one trained network; no intervals: "
        f"{NOT_INDEPENDENT}, so intervals are over seeds, and a run has one",
    )


def _counts(summary: Summary, kind: Kind) -> str:
    counts = {summary.examples[condition] for condition in of_tests(summary.examples)}
    numbers = " or ".join(f"{count:,}" for count in sorted(counts))
    return f"{numbers} {asked_of(summary.examples, kind)}"


def _wilson(summary: Summary, condition: str) -> str:
    """The 95 % Wilson interval of a condition, in per cent."""
    from structbench.statistics import wilson

    examples = summary.examples[condition]
    interval = wilson(round(summary.misclassification[condition] * examples), examples)
    return interval_percent(interval)


def checks_table(checks: Sequence[Check]) -> RenderableType:
    """One line a folder, and one for each thing that is wrong with it."""
    table = plain_table("folder", "state", "files", "", right=["files"])
    for check in checks:
        said = Text("\n".join(check.problems) or "whole", style="yellow" * bool(check.problems))
        table.add_row(Text(check.name), check.state, f"{check.files:,}", said)
    return table


def runs_list(entries: Iterable[Entry], width: int) -> Text:
    """One line a run; those that cannot be used say why.

    width: letters of a line, into which its conditions are fitted
    """
    columns = ("run", "model", "seed", "parameters", "time")
    rows = [(entry, _facts(entry)) for entry in entries]
    widths = [max(map(len, column)) for column in zip(columns, *(r for _, r in rows), strict=True)]
    room = width - sum(widths) - GAP * len(widths)
    lines = (
        ((*facts, _shares(entry.summary, room)), "")
        if entry.summary and entry.state == "finished"
        else ((entry.name, "", "", "", f"{entry.state}: {entry.reason}"), "yellow")
        for entry, facts in rows
    )
    return listing((*columns, "misclassified"), lines, right=("seed", "parameters", "time"))


def _facts(entry: Entry) -> tuple[str, ...]:
    """Cells up to the time; without an outcome the name alone."""
    summary = entry.summary
    if summary is None:
        return entry.name, "", "", "", ""
    model = f"{summary.model}{' (smoke)' if summary.smoke else ''}"
    parameters, time = f"{summary.parameters:,}", seconds(summary.seconds)
    return entry.name, model, str(summary.seed), parameters, time


def _shares(summary: Summary, room: int) -> str:
    return fitting([f"{c} {percent(s)}" for c, s in summary.misclassification.items()], room)
