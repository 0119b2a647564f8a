"""What the terminal shows of results and of runs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from structbench.report.console import plain_table, show
from structbench.report.run_tables import checks_table, outcome_table, runs_list
from structbench.report.sentences import headline
from structbench.report.tables import tables
from structbench.report.terminal import results_view
from structbench.results.comparison import Comparison
from structbench.statistics import Sample
from structbench.store.runs import Check, Entry
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


NAMES = ("[red]cnn", "[/]:smile:", "[bold]x[/nope]", "\\\\[b]", "[link=x]f[0]")


def test_texts_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = plain_table("[b]head", *NAMES)
    table.add_row("a [/b] cell", *NAMES)
    comparison, _ = made(NAMES)
    entry = Entry("[/b]run", "failed", None, "reason [/nope]")
    outcome = outcome_of("[bold]m[/nope]", 0, {"clean": first(1)}, name="[/b]run").summary
    for part in (
        table,
        results_view(comparison, Path("[/b]folder"), verbose=True),
        runs_list([entry], 100),
        outcome_table(outcome, Path("[/b]runs"), "image"),
        checks_table([Check("[/b]run", "damaged", 3, ("[/nope] is not [b]",))]),
    ):
        show(part)
    text = capsys.readouterr().out
    for known in (
        *NAMES, "[b]head", "a [/b] cell", "[/b]folder", "[/b]run", "reason [/nope]",
        "[bold]m[/nope]", "[/b]runs", "[/nope] is not [b]",
    ):  # fmt: skip
        assert known in text


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


def test_what_several_models_say_is_said_once() -> None:
    comparison, _ = made(("a", "b", "c"))
    said = {"a": ("both", "alone"), "b": ("both",), "c": ()}
    models = {
        name: model.model_copy(update={"notices": said[name]})
        for name, model in comparison.models.items()
    }
    text = shown(comparison.model_copy(update={"models": models}), 200)
    assert text.count("a and b: both.") == text.count("a: alone.") == text.count("both") == 1
