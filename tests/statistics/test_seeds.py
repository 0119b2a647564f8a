import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

from structbench.statistics import Sample, equivalence, paired_t, smallest_detectable, spread

# Misclassification in steps of one example of 10,000, as fractions.
shares = st.integers(0, 10_000).map(lambda errors: errors / 10_000)
pairs = st.lists(st.tuples(shares, shares), min_size=2, max_size=30)
uneven = pairs.filter(lambda found: len({round(10_000 * (a - b)) for a, b in found}) > 1)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def columns(rows):
    """The values of a and of b: float [seeds] each."""
    a, b = np.array(rows).T
    return a, b


# Student (1908), Biometrika 6:1: additional hours of sleep under two drugs; the result is that of
# R 4's `t.test(extra ~ group, data = sleep, paired = TRUE)`.
SLEEP_A = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
SLEEP_B = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]


def test_paired_t_gives_the_published_result():
    test = paired_t(SLEEP_A, SLEEP_B)
    assert round(test.p_value, 6) == 0.002833
    assert round(test.interval.estimate, 2) == 1.58
    assert (round(test.interval.low, 7), round(test.interval.high, 7)) == (0.7001142, 2.4598858)


def test_paired_t_gives_darwins_t():
    # Fisher (1935), The Design of Experiments, sections 16 to 19: t = 2.148 with 14 degrees.
    maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    interval = paired_t(maize, np.zeros(15)).interval
    critical = 2.1448
    half = (interval.high - interval.low) / 2
    assert round(interval.estimate * critical / half, 3) == 2.148


@given(uneven, confidences)
def test_paired_t_agrees_with_statsmodels(rows, confidence):
    a, b = columns(rows)
    test = paired_t(a, b, confidence)
    expected = DescrStatsW(a - b)
    limits = expected.tconfint_mean(alpha=1 - confidence)
    assert (test.interval.low, test.interval.high) == pytest.approx(limits, rel=1e-9, abs=1e-12)
    assert test.p_value == pytest.approx(expected.ttest_mean()[1], rel=1e-6, abs=1e-12)
    assert test.sample == Sample(seeds=len(rows))
    assert not test.interval.degenerate


@given(uneven, confidences)
def test_paired_t_rejects_just_where_its_interval_excludes_0(rows, confidence):
    a, b = columns(rows)
    test = paired_t(a, b, confidence)
    if abs(test.p_value - (1 - confidence)) > 1e-9:
        assert (0.0 in test.interval) == (test.p_value > 1 - confidence)


@given(pairs)
def test_paired_t_is_antisymmetric(rows):
    a, b = columns(rows)
    forth, back = paired_t(a, b), paired_t(b, a)
    assert forth.p_value == back.p_value
    assert 0.0 <= forth.p_value <= 1.0
    assert (forth.interval.low, forth.interval.high) == (-back.interval.high, -back.interval.low)
    assert forth.interval.low <= forth.interval.estimate <= forth.interval.high


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_does_not_matter(rows, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    (a, b), (c, d) = columns(rows), columns(shuffled)
    one, other = paired_t(a, b), paired_t(c, d)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6)
    assert one.interval.low == pytest.approx(other.interval.low, abs=1e-12)
    p = equivalence(a, b, 0.01).p_value
    assert p == pytest.approx(equivalence(c, d, 0.01).p_value, rel=1e-6)


# The first differences are 3 examples of 10,000 each, and not equal in floating point.
@pytest.mark.parametrize(
    ("a", "b"),
    [([0.0123, 0.0223, 0.7], [0.0120, 0.0220, 0.6997]), ([0.1, 0.3, 0.2], [0.1, 0.3, 0.2])],
)
def test_equal_differences_claim_nothing(a, b):
    test = paired_t(a, b)
    assert test.p_value == 1.0
    assert test.interval.degenerate
    assert "without a spread" in test.interval.label
    found = equivalence(a, b, 0.01)
    assert (found.p_value, found.equivalent) == (1.0, False)
    assert smallest_detectable(a, b) is None


@given(uneven, st.floats(1e-4, 0.5), st.sampled_from([0.01, 0.05, 0.1]))
def test_equivalence_agrees_with_statsmodels(rows, margin, level):
    a, b = columns(rows)
    found = equivalence(a, b, margin, level)
    expected = ttost_paired(a, b, -margin, margin)[0]
    assert found.p_value == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert found.equivalent == (found.p_value <= level)
    assert (found.margin, found.level, found.sample) == (margin, level, Sample(seeds=len(rows)))
    assert equivalence(b, a, margin, level) == found
    # Just where the interval of confidence 1 - 2 level lies within the margin.
    if abs(found.p_value - level) > 1e-9:
        interval = paired_t(a, b, 1 - 2 * level).interval
        assert found.equivalent == (-margin <= interval.low and interval.high <= margin)


settings = [(0.8, 0.05), (0.9, 0.05), (0.5, 0.01), (0.2, 0.1)]


def power_by_statsmodels(effect, seeds, level):
    both = TTestPower().power(effect, seeds, level)
    if not math.isnan(both):
        return both
    # Where it gives nan, the far tail is below 1e-6: the near one is all of the power.
    return TTestPower().power(effect, seeds, level / 2, alternative="larger")


@pytest.mark.parametrize("seeds", [3, 5, 10, 20, 100, 500])
@pytest.mark.parametrize(("power", "level"), settings)
def test_the_smallest_detectable_difference_has_its_power(seeds, power, level):
    a = np.random.default_rng(seeds).normal(0.02, 0.002, seeds)
    found = smallest_detectable(a, np.zeros(seeds), power, level)
    effect = found / a.std(ddof=1)
    assert power_by_statsmodels(effect, seeds, level) == pytest.approx(power, abs=1e-6)
    assert smallest_detectable(np.zeros(seeds), a, power, level) == pytest.approx(found)


@pytest.mark.parametrize(("power", "level"), settings[:3])
def test_two_seeds_detect_with_their_power(power, level):
    unit = [math.sqrt(2), 0.0]
    effect = smallest_detectable(unit, [0.0, 0.0], power, level)
    assert power_by_statsmodels(effect, 2, level) == pytest.approx(power, abs=1e-6)


def test_34_seeds_are_the_fewest_that_find_half_a_standard_deviation():
    # The sample size of textbooks for d = 0.5, power 0.8 and a two-sided level of 0.05.
    for seeds, enough in ((33, False), (34, True)):
        a = np.linspace(-1.0, 1.0, seeds)
        found = smallest_detectable(a, np.zeros(seeds)) / a.std(ddof=1)
        assert (found <= 0.5) == enough


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_spread_agrees_with_numpy(values):
    found = spread(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.sample == Sample(seeds=len(values))
    if len(values) == 1:
        assert found.sd is None
    else:
        assert found.sd == pytest.approx(np.std(values, ddof=1), abs=1e-9)


def test_spread_names_what_it_is():
    assert spread([0.01, 0.02, 0.03]).label == "mean ± standard deviation over 3 seeds"
    assert spread([0.01]).label == "value over 1 seed"
    assert spread([0.1] * 3).sd == 0.0
    assert paired_t([1, 2], [2, 4]).interval.label == "95 % paired t interval over 2 seeds"


@pytest.mark.parametrize("compare", [paired_t, lambda a, b: equivalence(a, b, 0.1)])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.1], [0.2], "at least 2"),
        ([0.1, 0.2], [0.1, 0.2, 0.3], "paired by seed"),
        ([0.1, math.nan], [0.1, 0.2], "finite"),
        ([[0.1, 0.2]], [[0.1, 0.2]], "finite"),
        ([], [], "finite"),
    ],
)
def test_values_of_a_wrong_shape_are_refused(compare, a, b, message):
    with pytest.raises(ValueError, match=message):
        compare(a, b)


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan, math.inf])
def test_a_margin_that_is_none_is_refused(margin):
    with pytest.raises(ValueError, match="margin"):
        equivalence([0.1, 0.2], [0.1, 0.1], margin)


@pytest.mark.parametrize(("power", "level"), [(0.05, 0.05), (0.01, 0.05), (1.0, 0.05), (0.8, 0.0)])
def test_a_power_not_above_the_level_is_refused(power, level):
    with pytest.raises(ValueError, match=r"power|level"):
        smallest_detectable([0.1, 0.2], [0.1, 0.1], power, level)


@pytest.mark.parametrize("level", [0.0, 1.0, 5.0])
def test_a_level_outside_0_and_1_is_refused(level):
    with pytest.raises(ValueError, match="level must lie"):
        equivalence([0.1, 0.2], [0.1, 0.1], 0.01, level)
