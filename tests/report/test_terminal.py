"""What the terminal shows of results and of runs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from structbench.report.run_tables import runs_list
from structbench.report.sentences import headline
from structbench.report.tables import tables
from structbench.report.terminal import results_view
from structbench.results.comparison import Comparison
from structbench.statistics import Sample
from structbench.store.runs import Entry
from tests.made import HOSTILE, first, made, outcome_of

TWELVE = ("clean", *(f"rotate:{degrees}" for degrees in range(10, 120, 10)))


def shown(comparison: Comparison, width: int, verbose: bool = False) -> str:
    console = Console(width=width, file=(screen := io.StringIO()))
    console.print(results_view(comparison, Path("folder"), verbose))
    return screen.getvalue()


def test_tables_findings_and_failures(tmp_path: Path) -> None:
    comparison, _ = made((HOSTILE, "[red]fnn[/red]"), ablation=True)
    text = shown(comparison, 200, verbose=True)
    for table in tables(comparison):
        assert table.title in text
        assert all(cell in text for row in table.rows for cell in row)
    assert "[red]fnn[/red]" in text
    assert str(Sample(seeds=3)) in text


def test_many_models_and_conditions_fit_a_screen() -> None:
    comparison, _ = made(tuple("abcdef"), seeds=10, conditions=TWELVE)
    lines = shown(comparison, 160).splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 160
    assert headline(comparison)[:40] in "\n".join(lines)


def test_where_it_is_narrow_columns_follow_each_other() -> None:
    comparison, _ = made(tuple("abcdef"), conditions=TWELVE[:4])
    text = shown(comparison, 80)
    assert max(map(len, text.splitlines())) <= 80
    (table,) = (table for table in tables(comparison) if table.name == "leads")
    assert all(cell in text for row in table.rows for cell in row)
    assert text.count("rotate:10 ") > 1, "each block says what its rows are"


@pytest.mark.parametrize("width", [80, 160])
def test_a_run_has_as_many_conditions_as_fit_a_line(width: int) -> None:
    summary = outcome_of(
        "cnn", 0, {c: first(100) for c in TWELVE}, name="cnn-s0-0123456789"
    ).summary
    entries = [Entry(summary.run, "finished", summary), Entry("x", "failed", reason="why" * 99)]
    title, finished, failed = runs_list(entries, width).plain.splitlines()
    assert title.startswith("run")
    assert "clean 10.00 %" in finished
    assert " more" in finished
    assert width - 20 < len(finished) <= width
    assert failed.endswith("failed: " + "why" * 99)
