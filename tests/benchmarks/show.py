"""The results as tables for people."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from tests.benchmarks.results import Standing
from tests.benchmarks.spread import Spread

COLUMNS = (
    "first epoch, s",
    "later epochs, s",
    "images/s",
    "command, s",
    "peak, MB",
    "errs, %",
    "× structbench",
    "× bf16",
    "share, %",
)


def wide_console() -> Console:
    """Columns with ranges need more than a terminal's 80; a file has no width of its own."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def model_table(model: str, standings: Mapping[str, Standing]) -> Table:
    """One model: a row a contestant."""
    parameters = next((f"{s.parameters:,}" for s in standings.values()), "no")
    table = Table(title=f"{model}: {parameters} parameters", title_justify="left")
    table.add_column("contestant", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name, standing in standings.items():
        table.add_row(name, *_cells(standing))
    return table


def _cells(standing: Standing) -> tuple[str, ...]:
    return (
        standing.first_epoch_seconds.text(),
        text(standing.later_epoch_seconds),
        standing.images_per_second.text(",.0f"),
        standing.command_seconds.text(".1f"),
        standing.peak_mb.text(",.0f"),
        standing.misclassification.text(scale=100),
        text(standing.ratio.get("structbench")),
        text(standing.ratio.get("structbench_bf16")),
        text(standing.share, ".0f", 100),
    )


def text(spread: Spread | None, form: str = ".2f", scale: float = 1.0) -> str:
    """Nothing where nothing was measured."""
    return spread.text(form, scale) if spread else ""
