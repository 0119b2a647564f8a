"""Tables: the same cells for terminal, Markdown, LaTeX and page."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from rich.console import Console

from structbench.report.grids import grids
from structbench.report.lecture import LECTURE
from structbench.report.table import Table, latex, markdown
from structbench.report.tables import comparison_tables
from structbench.results.compare import compare
from structbench.results.comparison import Comparison
from structbench.statistics import Sample
from tests.made import HOSTILE, errors, made, outcome_of
from tests.results.test_comparison import ASKED


def named(comparison: Comparison, verbose: bool = False) -> dict[str, Table]:
    return {grid.name: grid for grid in grids(comparison, verbose)}


def test_every_cell_says_over_what_it_is() -> None:
    found = named(made(seeds=4, ablation=True)[0])
    assert "mean ± standard deviation over 4 seeds" in found["models"].note
    note = found["differences"].note
    assert "95 % paired t interval over 4 seeds" in note
    assert "smallest possible p with 4 seeds is 0.12" in note
    assert "Clopper-Pearson interval over 4 seeds" in note
    assert "over 4 seeds" in found["structure"].note
    assert "95 % paired t interval over 4 seeds" in found["worth"].note


def test_a_correction_is_named_where_there_is_something_to_correct() -> None:
    assert "Dunn" not in named(made()[0])["differences"].note
    three = named(made(("a", "b", "c"))[0])["differences"].note
    assert "corrected for 2 models (Bonferroni-Dunn)" in three
    assert "simultaneous over 2 differences" in three


def test_one_seed_says_what_it_compares() -> None:
    found = named(made(seeds=1)[0], verbose=True)
    assert "two trained networks, not two architectures" in found["differences"].note
    assert "Newcombe" in found["differences"].note
    assert "±" not in str(found["models"].rows)
    assert "seeds" not in found


def test_ten_seeds_add_the_interval_over_seeds_and_examples() -> None:
    comparison = made(seeds=10)[0]
    grid = named(comparison)["differences"]
    assert grid.columns[-1] == "seeds and examples"
    assert all(len(row) == len(grid.columns) for row in grid.rows)
    assert "crossed bootstrap" in grid.note


def test_each_seed_is_shown_on_request() -> None:
    comparison = made(seeds=3)[0]
    assert "seeds" not in named(comparison)
    grid = named(comparison, verbose=True)["seeds"]
    assert grid.columns == ("model", "condition", "seed 0", "seed 1", "seed 2")
    by_seed = comparison.models["cnn"].misclassification["clean"].by_seed
    assert grid.rows[0] == ("cnn", "clean", *(f"{100 * x:.2f} %" for x in by_seed))


@pytest.fixture
def lecture() -> Comparison:
    """The lecture's networks by their names and counts, on images that they err on by chance."""
    outcomes = {}
    for i, row in enumerate(LECTURE.values()):
        group = [
            outcome_of(row.family, seed, {"translate:2,2": errors(0.2 * (i + 1), seed, i)})
            for seed in range(3)
        ]
        outcomes[f"my {row.family}"] = [
            replace(o, summary=o.summary.model_copy(update={"parameters": row.parameters}))
            for o in group
        ]
    asked = replace(ASKED, conditions=("translate:2,2",), baseline="my fnn")
    return compare(outcomes, asked)


def test_the_lectures_networks_stand_beside_the_lecture(lecture: Comparison) -> None:
    grid = named(lecture)["lecture"]
    assert [row[:3] for row in grid.rows] == [
        ("CNN", "421,642", "18.1 %"), ("FNN", "418,666", "47.1 %"),
    ]  # fmt: skip
    assert "our reconstruction" in grid.note
    for other in ({"smoke": True}, {"data": "kmnist"}):
        assert "lecture" not in named(lecture.model_copy(update=other))
    assert "lecture" not in named(made()[0])


TABLE = Table(
    "t", f"50 % of {HOSTILE}", ("a|b", "x_1"), (("m|n & o", "−1 ± 2"),), "p < 0.1 #{}~^\\"
)


def test_markdown_keeps_its_columns_whatever_the_names() -> None:
    lines = markdown(TABLE).splitlines()
    assert [line.count("|") for line in lines if line.startswith("|")] == [3, 3, 3]


def test_latex_reads_no_name_as_its_own() -> None:
    text = latex(TABLE)
    assert r"\caption{50 \% of $<$img src=x onerror=alert(1)$>$}" in text
    assert r"m|n \& o & $-$1 $\pm$ 2 \\" in text
    assert r"p $<$ 0.1 \#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}" in text


@pytest.mark.skipif(not which("pdflatex"), reason="no LaTeX here")
def test_latex_accepts_the_tables(tmp_path: Path) -> None:
    body = "\n".join(map(latex, [TABLE, *grids(made(ablation=True)[0], verbose=True)]))
    head = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    (tmp_path / "t.tex").write_text(f"{head}{body}\\end{{document}}\n")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)


def test_the_terminal_shows_tables_findings_and_failures(tmp_path: Path) -> None:
    comparison, _ = made((HOSTILE, "[red]fnn[/red]"), ablation=True)
    console = Console(width=200, file=(screen := io.StringIO()))
    console.print(comparison_tables(comparison, tmp_path, verbose=True))
    shown = screen.getvalue()
    for grid in grids(comparison, verbose=True):
        assert grid.title in shown
        assert all(cell in shown for row in grid.rows for cell in row)
    assert "[red]fnn[/red]" in shown
    assert str(Sample(seeds=3)) in shown
