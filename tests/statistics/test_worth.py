"""Data worth and parameter worth: on curves whose answer is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.statistics.worth import Curve, area, falling, worth

SIZES = np.array([100, 300, 1000, 3000, 10_000, 60_000.0])


def power_law(scale: float, exponent: float, seeds: int = 3) -> Curve:
    """error = scale · size^−exponent, each seed a little different."""
    factors = 1 + 0.1 * np.arange(seeds)[:, None]
    return Curve(SIZES, scale * factors * SIZES**-exponent)


def curves(points: int = 5, seeds: int = 2) -> st.SearchStrategy[np.ndarray]:
    shares = st.floats(0.001, 0.9)
    row = st.lists(shares, min_size=points, max_size=points)
    return st.lists(row, min_size=seeds, max_size=seeds).map(np.array)


@pytest.mark.parametrize("level", [0.05, 0.02, 0.011])
def test_power_laws_have_the_ratio_of_their_scales(level: float) -> None:
    # a needs (scale/level)^(1/exponent): a quarter of what b needs.
    found = worth(power_law(0.5, 0.5), power_law(1.0, 0.5), level)
    assert found
    assert (found.bound, found.sample.seeds) == ("", 3)
    assert found.ratio == pytest.approx(4)
    assert found.by_seed == pytest.approx((4, 4, 4))


def test_the_interval_is_that_of_the_log_ratios() -> None:
    logs = np.log([2.0, 3.0, 6.0])
    a = Curve(SIZES, np.tile(SIZES**-0.5, (3, 1)))
    b = Curve(SIZES, np.exp(logs / 2)[:, None] * SIZES**-0.5)
    found = worth(a, b, 0.03)
    assert found
    assert found.interval
    half = 4.302653 * logs.std(ddof=1) / math.sqrt(3)
    assert found.ratio == pytest.approx(36 ** (1 / 3))
    assert found.interval.low == pytest.approx(math.exp(logs.mean() - half))
    assert found.interval.high == pytest.approx(math.exp(logs.mean() + half))
    assert found.interval.label == "95 % t (of log ratios) interval over 3 seeds"


def test_beyond_what_was_measured_there_is_only_a_bound() -> None:
    a, b = power_law(0.2, 0.5, seeds=2), power_law(1.0, 0.5, seeds=2)
    lowest, highest = b.common
    never = worth(a, b, 0.9 * lowest)
    assert never
    assert (never.bound, never.interval, never.by_seed) == ("more than", None, None)
    needs = [one for one, _ in a.needed(0.9 * lowest)]
    # The second seed's b reaches it at none of the sizes either, and needs a more of them.
    assert never.ratio == pytest.approx(60_000 / max(needs))
    already = worth(a, b, 0.9 * highest)
    assert already
    assert already.bound == "more than"
    assert already.ratio == pytest.approx(min(one for one, _ in b.needed(0.9 * highest)) / 100)
    swapped = worth(b, a, 0.9 * lowest)
    assert swapped
    assert swapped.bound == "less than"
    assert swapped.ratio == pytest.approx(1 / never.ratio)


def test_where_nothing_is_known_nothing_is_said() -> None:
    a, b = power_law(0.2, 0.5), power_law(0.3, 0.5)
    assert worth(a, b, 1.0) is None, "both are better at the smallest size"
    assert worth(a, b, 1e-5) is None, "neither comes so far"
    # One seed says that a needs less, the other that it needs more.
    high, low = [0.5, 0.3], [0.2, 0.1]
    assert worth(Curve([1, 2], [high, low]), Curve([1, 2], [low, high]), 0.25) is None


def test_one_seed_has_a_ratio_and_no_interval() -> None:
    found = worth(power_law(0.5, 0.5, 1), power_law(1.0, 0.5, 1), 0.02)
    assert found
    assert found.ratio == pytest.approx(4)
    assert found.interval is None


@given(curves(), curves(), st.floats(0.001, 0.9))
def test_swapping_the_models_inverts_the_ratio(a: np.ndarray, b: np.ndarray, level: float) -> None:
    x = SIZES[:5]
    there, back = worth(Curve(x, a), Curve(x, b), level), worth(Curve(x, b), Curve(x, a), level)
    assert (there is None) == (back is None)
    if there and back:
        assert there.ratio == pytest.approx(1 / back.ratio)
        mirror = {"": "", "more than": "less than", "less than": "more than"}
        assert there.bound == mirror[back.bound]
        if there.interval and back.interval:
            assert there.interval.low == pytest.approx(1 / back.interval.high)


@given(curves(), curves(), st.floats(0.001, 0.9), st.floats(1e-3, 1e3))
def test_the_unit_of_the_sizes_does_not_matter(
    a: np.ndarray, b: np.ndarray, level: float, unit: float
) -> None:
    x = SIZES[:5]
    one = worth(Curve(x, a), Curve(x, b), level)
    other = worth(Curve(x * unit, a), Curve(x * unit, b), level)
    assert (one is None) == (other is None)
    if one and other:
        assert other.ratio == pytest.approx(one.ratio)
        assert other.bound == one.bound


@given(curves(seeds=1))
def test_the_falling_curve_is_the_nearest_one(errors: np.ndarray) -> None:
    (seed,) = errors
    fitted = falling(seed)
    assert (np.diff(fitted) <= 1e-12).all()
    # Of the same mean, and its own falling curve: what marks a projection.
    assert np.log(fitted).mean() == pytest.approx(np.log(seed).mean())
    assert falling(fitted) == pytest.approx(fitted)
    # No curve that falls is nearer: those below are some of them.
    for other in (np.full(5, np.exp(np.log(seed).mean())), np.sort(seed)[::-1]):
        assert ((np.log(fitted) - np.log(seed)) ** 2).sum() <= (
            (np.log(other) - np.log(seed)) ** 2
        ).sum() + 1e-9


def test_a_bump_is_smoothed_and_a_falling_curve_is_kept() -> None:
    assert falling([0.4, 0.1, 0.2, 0.05]) == pytest.approx([0.4, 0.02**0.5, 0.02**0.5, 0.05])
    assert falling([0.4, 0.2, 0.1]) == pytest.approx([0.4, 0.2, 0.1])
    bumpy = Curve([1, 2, 4, 8], [[0.4, 0.1, 0.2, 0.05]])
    assert bumpy.needed(float(bumpy.errors[0, 1])) == [(2, 2)]


def test_the_interval_covers_what_it_should() -> None:
    # Power laws with 5 % noise at each point: the true ratio is 4 at every level.
    rng, trials, covered = np.random.default_rng(0), 1000, 0
    for _ in range(trials):
        a, b = (
            Curve(SIZES, scale * SIZES**-0.5 * np.exp(0.05 * rng.standard_normal((5, 6))))
            for scale in (0.5, 1.0)
        )
        found = worth(a, b, 0.015)
        assert found
        assert found.interval
        covered += 4.0 in found.interval
    # 95 % within three standard errors of a simulation of this size.
    assert covered / trials == pytest.approx(0.95, abs=0.021)


@pytest.mark.parametrize("levels", [[0, 1, 2, 3], [0, 0.5, 2, 7]])
def test_the_area_under_a_line_is_its_middle(levels: list[float]) -> None:
    errors = np.array([[0.1 + 0.05 * x for x in levels], [0.3] * 4])
    middle = 0.1 + 0.05 * (levels[0] + levels[-1]) / 2
    assert area(levels, errors) == pytest.approx([middle, 0.3])


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Curve([1, 1], [[0.1, 0.1]]),
        lambda: Curve([0, 1], [[0.1, 0.1]]),
        lambda: Curve([1, 2], [[0.1, 0.0]]),
        lambda: Curve([1, 2], [0.1, 0.1]),
        lambda: Curve([], np.empty((1, 0))),
        lambda: worth(power_law(1, 1, 2), power_law(1, 1, 3), 0.1),
        lambda: worth(power_law(1, 1), power_law(1, 1), 0.0),
        lambda: area([1], [[0.1]]),
        lambda: area([1, 2], [0.1, 0.2]),
    ],
)
def test_what_makes_no_sense_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"must|paired|share"):
        bad()


def test_a_worth_is_a_value() -> None:
    found = worth(power_law(0.5, 0.5), power_law(1.0, 0.5), 0.02)
    assert found
    assert replace(found, level=0.02) == found
