"""Axes follow what was found, and what does not fit on them is marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from structbench.report.figures import (
    curves,
    differences,
    leads,
    loss_along,
    misclassification,
    training_loss,
    worth,
)
from structbench.report.figures.axes import (
    LETTER,
    MARGIN,
    REACH,
    SHARES,
    log_ticks,
    measured,
    number,
    span,
)
from structbench.report.figures.style import png, svg
from structbench.results.sweep import Sweep
from structbench.statistics import Interval
from tests.made import interval_of, made, made_sweep

shares = st.lists(st.floats(0, 100), min_size=1, max_size=8)


def shown(axes: Axes, which: str) -> dict[str, float]:
    """The labels within the limits, and where they stand."""
    axis = getattr(axes, f"{which}axis")
    low, high = sorted(axis.get_view_interval())
    labels = (label.get_text() for label in axis.get_ticklabels())
    return {
        text: at for text, at in zip(labels, axis.get_ticklocs(), strict=True) if low <= at <= high
    }


def carets(axes: Axes) -> list[str]:
    return [
        str(line.get_marker()) for line in axes.lines if line.get_marker() in ("^", "v", "<", ">")
    ]


def unsure(sweep: Sweep) -> Sweep:
    """The same means with intervals as two seeds give them: far wider than what there is to see."""

    def wide(interval: Interval) -> Interval:
        return replace(interval, low=interval.estimate - 0.9, high=1.5)

    changed = sweep.model_copy(deep=True)
    for point in changed.points:
        compared = point.comparison
        for model in compared.models.values():
            for condition, found in model.misclassification.items():
                wider = found.model_copy(update={"interval": wide(interval_of(found))})
                model.misclassification[condition] = wider
        wider_leads = [
            d.model_copy(update={"interval": wide(interval_of(d))}) for d in compared.differences
        ]
        object.__setattr__(compared, "differences", tuple(wider_leads))
    return changed


@given(shares, shares)
def test_limits_leave_the_points_readable_whatever_their_bars(points, bars) -> None:
    low, high = span(points, bars, SHARES)
    assert 0 <= low <= min(points) <= max(points) <= high <= 100
    if max(points) > min(points):
        room = (1 + 2 * REACH) * (1 + 2 * MARGIN)
        assert high - low <= room * (max(points) - min(points)) + 1e-9


@given(st.floats(1e-6, 1e6), st.floats(1.02, 1e6))
def test_a_log_axis_has_at_least_two_labels(low: float, ratio: float) -> None:
    ticks = log_ticks(low, low * ratio)
    assert 2 <= len(ticks) <= 14
    assert all(low <= tick <= low * ratio for tick in ticks)


@settings(max_examples=20)
@given(st.sets(st.integers(1, 100_000), min_size=1, max_size=30), st.booleans())
def test_ticks_stand_at_what_was_measured_and_do_not_overlap(places: set[int], log: bool) -> None:
    axes = Figure((5, 3)).add_subplot()
    measured(axes.xaxis, map(float, places), log, {})
    at = shown(axes, "x")
    assert set(at.values()) <= places
    assert min(places) in at.values()
    left = axes.transData.transform([(x, 1) for x in at.values()])[:, 0] / axes.figure.dpi
    widths = np.array([len(text) for text in at]) * LETTER / 2
    assert (left[1:] - widths[1:] >= left[:-1] + widths[:-1]).all()


def test_names_are_shortened_until_they_fit() -> None:
    axes = Figure((5, 3)).add_subplot()
    names = {float(i): f"{i} is a name that is long" for i in range(6)}
    measured(axes.xaxis, names, False, names)
    assert list(shown(axes, "x").values()) == list(names)
    assert all(len(text) <= 9 for text in shown(axes, "x"))


def test_curves_of_two_seeds_fill_their_axes() -> None:
    figure = curves(unsure(made_sweep(sizes=(300, 1000, 3000), seeds=2)))
    assert figure
    clean, shift = figure.axes[:2]
    assert list(shown(clean, "x")) == ["300", "1,000", "3,000"]
    low, high = clean.get_ylim()
    assert 0.3 < low < 1 < 6 < high < 13
    assert len(shown(clean, "y")) >= 2
    assert {"^", "v"} <= set(carets(clean))
    assert list(shown(shift, "x")) == ["0", "1", "3"]
    assert shift.get_ylim()[0] == 0
    assert "An arrowhead marks a bar that goes on." in figure.caption


def test_a_wide_bar_does_not_squash_small_leads() -> None:
    figure = differences(unsure(made_sweep(sizes=(300, 1000, 3000), seeds=2)))
    assert figure
    low, high = figure.axes[0].get_ylim()
    assert -5 < low < -3 < 0 < high < 2
    assert "0" in shown(figure.axes[0], "y")


def test_bars_that_fit_are_whole() -> None:
    figure = curves(made_sweep(seeds=5))
    assert figure
    assert not any(map(carets, figure.axes))


@pytest.mark.parametrize("errors", [0.0, 1.0])
def test_a_share_never_leaves_0_to_100_per_cent(errors: float) -> None:
    low, high = span([100 * errors], [100 * errors], SHARES)
    assert 0 <= low < high <= 100


def test_a_lead_has_0_on_its_axis() -> None:
    figure = leads(made(("cnn", "fnn"), seeds=5)[0])
    assert figure
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert low < 0 < high


def test_every_figure_of_a_sweep_says_what_it_shows() -> None:
    sweep = made_sweep(names=("a", "b", "c"))
    for draw in (curves, differences, worth, loss_along):
        figure = draw(sweep)
        assert figure
        assert figure.caption.endswith(".")
        assert figure.alt
        assert "mathdefault" not in svg(figure)
        assert png(figure).startswith(b"\x89PNG")
    ratios = worth(sweep)
    assert ratios
    assert "95 % t (of log ratios) interval over 3 seeds" in ratios.caption


def test_many_conditions_stand_beside_each_other() -> None:
    conditions = tuple(f"translate:{i},0" for i in range(12))
    figure = misclassification(made(tuple("abcdef"), seeds=2, conditions=conditions)[0])
    # Inches at 200 dots, and 150 dots for the caption and the edges.
    assert 200 * figure.get_figheight() <= 2250
    assert 200 * figure.get_figwidth() <= 2000


def test_epochs_have_ticks() -> None:
    comparison, sources = made()
    figure = training_loss(comparison, sources.losses)
    assert list(shown(figure.axes[0], "x")) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("x", "signed", "text"),
    [
        (0.0, True, "0"), (1500.0, False, "1,500"), (-0.5, False, "−0.5"), (2.0, True, "+2"),
        (0.001, False, "0.001"), (1e-5, False, "10⁻⁵"), (3e-12, False, "3·10⁻¹²"),
        (2.5e10, False, "2.5·10¹⁰"), (-4e-5, True, "−4·10⁻⁵"),
    ],
)  # fmt: skip
def test_a_number_of_many_zeros_is_a_power_of_ten(x: float, signed: bool, text: str) -> None:
    assert number(x, signed) == text
