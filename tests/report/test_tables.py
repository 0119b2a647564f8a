"""Tables: the same cells for terminal, Markdown, LaTeX and page."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest

from structbench.report.curve_tables import ratio_text
from structbench.report.page import page
from structbench.report.places import Found, examples_text
from structbench.report.sections import sections
from structbench.report.table import Cell, Table, latex, markdown
from structbench.report.tables import tables
from structbench.results.sweep import Sweep
from tests.made import HOSTILE, ablated, interval_of, made, made_sources, made_sweep, uneven_sweep


def named(found: Found) -> dict[str, Table]:
    return {table.name: table for table in tables(found)}


def test_every_cell_says_over_what_it_is() -> None:
    found = named(made(seeds=4, ablation=True)[0])
    assert "mean ± standard deviation over 4 seeds" in found["models"].note
    note = found["differences"].note
    assert "95 % paired t interval over 4 seeds" in note
    assert "smallest possible p with 4 seeds is 0.12" in note
    assert "Clopper-Pearson interval over 4 seeds" in note
    assert "95 % paired t interval over 4 seeds" in found["structure"].note


def test_where_seeds_test_other_examples_it_is_said_of_which_condition() -> None:
    comparison = made(conditions=("clean", "rotate:30"))[0]

    def told(*conditions: str) -> str:
        differences = tuple(
            d.model_copy(update={"examples_differ": d.condition in conditions})
            for d in comparison.differences
        )
        return examples_text(comparison.model_copy(update={"differences": differences}))

    assert told() == "100 test examples"
    assert told("clean", "rotate:30") == "100 test examples, others for each seed"
    assert told("rotate:30") == "100 test examples, others for each seed under rotate:30"


def test_taking_the_structure_out_is_an_axis() -> None:
    found = named(made(ablation=True)[0])
    assert found["models"].columns[:2] == ("structure", "model")
    assert [row[:2] for row in found["models"].rows] == [
        ("in place", "cnn"), ("in place", "fnn"), ("taken out", "cnn"), ("taken out", "fnn"),
    ]  # fmt: skip
    assert found["structure"].columns[1:] == ("of", "in place", "taken out", "change in points")
    assert {row[1] for row in found["structure"].rows} == {"cnn − fnn", "cnn", "fnn"}
    one = named(made(seeds=1, ablation=True)[0])
    assert len(one["models"].rows) == 4
    assert "structure" not in one, "one seed has no spread to judge a change by"


def test_the_correction_is_named_where_there_is_something_to_correct() -> None:
    assert "corrected" not in named(made()[0])["differences"].note
    note = named(made(("a", "b", "c"))[0])["differences"].note
    assert "corrected for 2 models (Bonferroni-Dunn)" in note
    assert "simultaneous over 2 differences" in note


def test_one_seed_says_what_it_compares() -> None:
    found = named(made(seeds=1)[0])
    assert "two trained networks, not two architectures" in found["differences"].note
    assert "Newcombe" in found["differences"].note
    assert "±" not in str(found["models"].rows)
    assert "seeds" not in found
    assert "two trained networks" in named(made(("a", "b", "c"), seeds=1)[0])["leads"].note


ONE = "McNemar's test is exact; only …"


@pytest.mark.parametrize(
    ("seeds", "over", "interval"),
    [
        ((1, 2), "over up to 2 seeds, without ± of one", "with one seed 95 % Newcombe"),
        ((2, 3), "over 2 to 3 seeds", "95 % paired t interval over the seeds of each point"),
        ((1, 1), "of one trained network each (seed 0)", "95 % Newcombe"),
    ],
)
def test_points_may_have_lost_seeds_and_say_so(
    seeds: tuple[int, int], over: str, interval: str
) -> None:
    ablation = ablated(made(seeds=seeds[0])[0], made(seeds=seeds[1])[0])
    for found in (uneven_sweep(*seeds), ablation):
        by_name = named(found)
        assert all(len(row) == len(t.columns) for t in by_name.values() for row in t.rows)
        assert over in by_name["models"].note
        assert interval in by_name["differences"].note
        assert ("p (paired t)" in by_name["differences"].columns) == (seeds != (1, 1))
        assert (ONE in by_name["differences"].note) == (1 in seeds)
        texts = " ".join(f"{t.title} {t.note} {t.rows}" for t in by_name.values())
        assert not re.search(r"(mean|deviation) over 1 seed", texts)
        parts = sections(found, made_sources(found))
        drawn = {name: figure for part in parts for name, figure in part.figures.items()}
        captions = " ".join(f"{figure.caption} {figure.alt}" for figure in drawn.values())
        assert "over 1 seed" not in captions
        if isinstance(found, Sweep):
            assert interval in drawn["differences"].caption
        assert page(found, parts)


def test_where_one_seed_is_left_at_each_point_all_of_them_are_named() -> None:
    sweep = made_sweep(seeds=1)
    other = sweep.points[-1]
    other = other.model_copy(
        update={"comparison": other.comparison.model_copy(update={"seeds": (42,)})}
    )
    sweep = sweep.model_copy(update={"points": (*sweep.points[:-1], other)})
    assert "of one trained network each (seed 0 or 42)" in named(sweep)["models"].note


def test_ten_seeds_add_the_interval_over_seeds_and_examples() -> None:
    table = named(made(seeds=10)[0])["differences"]
    assert table.columns[-1] == "seeds and examples"
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert "crossed bootstrap" in table.note


def test_each_seed_leads_to_its_run() -> None:
    comparison = made(seeds=3)[0]
    table = named(comparison)["seeds"]
    assert table.detail
    assert table.columns == ("model", "condition", "seed 0", "seed 1", "seed 2")
    model = comparison.models["cnn"]
    by_seed = model.misclassification["clean"].by_seed
    assert table.rows[0] == ("cnn", "clean", *(f"{100 * x:.2f} %" for x in by_seed))
    assert [cell.run for cell in table.rows[0][2:] if isinstance(cell, Cell)] == list(model.runs)


def test_many_models_or_conditions_have_a_matrix_and_the_rest_is_detail() -> None:
    four = ("clean", "invert", "rotate:30", "shift:1")
    assert "leads" not in named(made(conditions=four[:3])[0])
    assert "leads" not in named(made(("cnn",), conditions=four)[0])
    wide = named(made(conditions=four)[0])
    assert [row[0] for row in wide["leads"].rows] == list(four)
    assert wide["models"].columns == ("model", "parameters", "MACs", "training loss")
    comparison = made(("a", "b", "c"))[0]
    found = named(comparison)
    assert found["leads"].columns == ("condition", "c", "a", "b")
    assert [name for name, table in found.items() if table.detail] == ["differences", "seeds"]
    for d in comparison.differences:
        row = next(row for row in found["leads"].rows if row[0] == d.condition)
        cell = row[found["leads"].columns.index(d.model)]
        assert isinstance(cell, Cell)
        assert (cell.verdict in ("less", "more")) == (0.0 not in interval_of(d))


def test_a_sweep_has_all_points_and_what_they_say_together() -> None:
    found = named(made_sweep())
    assert list(found) == ["models", "differences", "worth", "areas", "strength", "seeds"]
    assert all(len(row) == len(t.columns) for t in found.values() for row in t.rows)
    assert len(found["models"].rows) == 3 * 2
    assert found["models"].rows[0][:3] == ("100", "cnn", "1,000")
    assert found["worth"].rows[0][-1].startswith("more than")
    assert "95 % t (of log ratios) interval over 3 seeds" in found["worth"].note
    assert "mean ± standard deviation over 3 seeds" in found["models"].note
    assert "95 % paired t interval over 3 seeds" in found["differences"].note
    assert "of one trained network each" in named(made_sweep(seeds=1))["models"].note


@pytest.mark.parametrize(
    ("ratio", "bound", "text"),
    [
        (3.96, "", "4"), (12.34, "", "12"), (0.256, "", "0.26"), (1234.5, "", "1,200"),
        (3.96, "more than", "more than 3.9"), (3.91, "less than", "less than 4"),
        (0.0123, "less than", "less than 0.013"),
    ],
)  # fmt: skip
def test_a_ratio_has_two_digits_and_a_bound_stays_true(ratio: float, bound, text: str) -> None:
    assert ratio_text(ratio, bound) == text


TABLE = Table(
    "t", f"50 % of {HOSTILE}", ("a|b", "x_1"), (("m|n & o", "−1 ± 2"),), "p < 0.1 #{}~^\\"
)


def test_markdown_keeps_its_columns_whatever_the_names() -> None:
    lines = markdown(TABLE).splitlines()
    assert [line.count("|") for line in lines if line.startswith("|")] == [3, 3, 3]


def test_latex_reads_no_bracket_as_a_length() -> None:
    text = latex(Table("t", "", ("[b]x", "y"), (("[b]x", "1"), ("[b]x", "2"))))
    assert text.count("{[}b]x & ") == 3
    assert not re.search(r"^\[|\\\[", text, re.MULTILINE)


def test_latex_reads_no_name_as_its_own() -> None:
    text = latex(TABLE)
    assert r"\caption{50 \% of $<$img src=x onerror=alert(1)$>$}" in text
    assert r"m|n \& o & $-$1 $\pm$ 2 \\" in text
    assert r"p $<$ 0.1 \#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}" in text


@pytest.mark.skipif(not which("pdflatex"), reason="no LaTeX here")
def test_latex_accepts_the_tables(tmp_path: Path) -> None:
    body = "\n".join(map(latex, [TABLE, *tables(made(ablation=True)[0])]))
    head = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    (tmp_path / "t.tex").write_text(f"{head}{body}\\end{{document}}\n")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
