"""The report of a sweep: tables, sentences, figures and page say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from structbench.report.figures import curves, differences, loss_along, worth
from structbench.report.figures.style import CaptionedFigure
from structbench.report.sweep_grids import ratio_text, sweep_grids
from structbench.report.sweep_page import sweep_page
from structbench.report.sweep_sentences import sweep_headline, sweep_sentences
from structbench.results.comparison import Excluded
from structbench.results.sweep import Sweep
from structbench.store.runs import Store
from tests.made import HOSTILE, made_sweep


def sweep_figures(sweep: Sweep) -> dict[str, CaptionedFigure]:
    drawn = {
        "curves": curves(sweep), "differences": differences(sweep), "worth": worth(sweep),
        "training_loss": loss_along(sweep),
    }  # fmt: skip
    return {name: figure for name, figure in drawn.items() if figure}


def page_of(sweep: Sweep, folder: Path) -> str:
    return sweep_page(sweep, sweep_figures(sweep), Store(folder))


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


def test_the_tables_have_all_points_and_what_they_say_together() -> None:
    sweep = made_sweep()
    grids = {grid.name: grid for grid in sweep_grids(sweep, verbose=True)}
    assert list(grids) == ["points", "worth", "differences", "areas", "strength_0", "seeds"]
    assert all(len(row) == len(g.columns) for g in grids.values() for row in g.rows)
    assert len(grids["points"].rows) == 3 * 2
    assert grids["points"].rows[0][:3] == ("100", "cnn", "1,000")
    assert grids["worth"].rows[0][-1].startswith("more than")
    assert "95 % t (of log ratios) interval over 3 seeds" in grids["worth"].note
    assert "mean ± standard deviation over 3 seeds" in grids["points"].note
    assert "95 % paired t interval over 3 seeds" in grids["differences"].note


def test_sentences_say_the_worth_with_its_interval_and_bounds_as_bounds() -> None:
    said = sweep_sentences(made_sweep())
    inside = next(s for s in said if s.startswith("Data worth at 5 % on clean"))
    assert "fnn needs 4 times the training examples of cnn (" in inside
    assert inside.endswith("95 % t (of log ratios) interval over 3 seeds).")
    bound = next(s for s in said if s.startswith("Data worth at 1 %"))
    assert "fnn needs more than " in bound
    assert "beyond the measured sizes" in bound
    assert sweep_headline(made_sweep()).startswith("Data worth at 2 %")


def test_what_the_seeds_do_not_settle_is_said_so() -> None:
    sweep = made_sweep()
    worth = next(worth for worth in sweep.worth if worth.interval)
    assert worth.interval
    wide = worth.interval.__class__(
        4.0, 0.5, 32.0, 0.95, worth.interval.method, worth.interval.sample
    )
    changed = worth.model_copy(update={"interval": wide})
    (said,) = sweep_sentences(sweep.model_copy(update={"worth": (changed,), "areas": ()}))
    assert "do not settle which of cnn and fnn needs fewer" in said


def test_one_seed_is_told_as_one_seed() -> None:
    said = sweep_sentences(made_sweep(seeds=1))
    assert all("one seed" in s or "beyond the measured" in s for s in said)
    assert "of one trained network each" in sweep_grids(made_sweep(seeds=1))[0].note


def test_the_page_says_all_that_the_tables_say(tmp_path: Path) -> None:
    sweep = made_sweep()
    html = page_of(sweep, tmp_path)
    for grid in sweep_grids(sweep, verbose=True):
        for cell in (c for row in grid.rows for c in row):
            assert cell in html
    assert all(said in html for said in sweep_sentences(sweep))
    assert 'href="../m0-s0-100/"' in html
    assert "structbench compare points/100.yaml" in html
    assert "default-src 'none'" in html
    for target in re.findall(r'<a href="#([^"]+)"', html):
        assert f'id="{target}"' in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_hostile_names_are_text(tmp_path: Path) -> None:
    failed = Excluded(run=HOSTILE, model=HOSTILE, seed=7, reason=HOSTILE)
    sweep = made_sweep(names=(HOSTILE, "b"), title=HOSTILE, excluded=(failed,))
    point = sweep.points[0].model_copy(update={"levels": {"data.train_size": HOSTILE}})
    sweep = sweep.model_copy(
        update={"command": HOSTILE, "points": (point, *sweep.points[1:]), "smoke": True}
    )
    html = page_of(sweep, tmp_path)
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "Its numbers mean nothing" in html
    assert "Seed 7 is left out" in html
