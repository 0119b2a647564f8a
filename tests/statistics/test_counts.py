import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from structbench.statistics import Sample, probability_better, sign_flip

counts = st.integers(0, 10_000)
pairs = st.lists(st.tuples(counts, counts), min_size=1, max_size=40)
close = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=9)

# Darwin's maize, crossed less self-fertilised, in eighths of an inch: Fisher (1935), The Design of
# Experiments, section 21, where 1,726 of the 32,768 ways to swap are as extreme.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def columns(rows):
    """The error counts of a and of b: int [seeds] each."""
    a, b = np.array(rows).T
    return a, b


def test_sign_flip_gives_fishers_count():
    test = sign_flip(MAIZE, [0] * 15)
    assert test.p_value == 1726 / 32768
    assert test.smallest_p == 2 / 32768
    assert test.sample == Sample(seeds=15)


@given(close)
def test_sign_flip_agrees_with_going_through_all_patterns(rows):
    difference = np.subtract(*columns(rows))
    sums = np.abs(np.array(list(product([1, -1], repeat=len(rows)))) @ difference)
    test = sign_flip(*columns(rows))
    assert test.p_value == (sums >= abs(difference.sum())).mean()
    assert test.smallest_p <= test.p_value <= 1.0 or len(rows) == 1


def test_sign_flip_agrees_with_scipy():
    rng = np.random.default_rng(0)
    for shift in (0, 5, 10):
        a, b = rng.integers(150, 200, 12) + shift, rng.integers(150, 200, 12)
        expected = stats.permutation_test(
            (a, b), lambda x, y: (x - y).sum(), permutation_type="samples", n_resamples=np.inf
        )
        assert sign_flip(a, b).p_value == pytest.approx(expected.pvalue, abs=1e-12)


@given(pairs, st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter_to_sign_flip(rows, random):
    a, b = columns(rows)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert sign_flip(a, b) == sign_flip(b, a) == sign_flip(*columns(shuffled))


@pytest.mark.parametrize("seeds", [1, 2, 5, 6, 50, 500, 1000])
def test_the_smallest_p_is_reached_and_never_0(seeds):
    test = sign_flip(np.full(seeds, 100), np.full(seeds, 200))
    assert test.p_value == test.smallest_p == 2 * 0.5**seeds > 0.0


def test_a_p_far_in_the_tail_keeps_its_digits():
    # All sizes are 1 and 3 of 50 are against: the sign test, in whole numbers.
    a = np.repeat([1, 0], [3, 47])
    assert sign_flip(a, 1 - a).p_value == 2 * (1 + 50 + 1225 + 19600) / 2**50


def test_seeds_with_equal_counts_say_nothing():
    assert sign_flip([1, 2, 7, 7], [4, 6, 7, 7]).p_value == sign_flip([1, 2], [4, 6]).p_value
    assert sign_flip([7, 7], [7, 7]).p_value == 1.0


def test_a_hundred_seeds_are_quick():
    difference = np.random.default_rng(0).integers(-4_000, 4_000, 100)
    start = time.perf_counter()
    sign_flip(difference, np.zeros_like(difference))
    # Some 10 ms on a slow core.
    assert time.perf_counter() - start < 0.2


def test_unsigned_counts_do_not_wrap():
    a, b = np.array([1, 5], np.uint8), np.array([3, 9], np.uint8)
    assert sign_flip(a, b).p_value == 0.5
    assert probability_better(a, b).estimate == 1.0


# Newcombe (1998), Stat. Med. 17:857, Table I, method 5.
@pytest.mark.parametrize(
    ("wins", "seeds", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_probability_better_gives_the_published_limits(wins, seeds, low, high):
    a = np.repeat([0, 2], [wins, seeds - wins])
    interval = probability_better(a, np.ones(seeds, int))
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(close, st.sampled_from([0.8, 0.95, 0.99]))
def test_probability_better_is_between_ties_lost_and_ties_won(rows, confidence):
    a, b = columns(rows)
    interval = probability_better(a, b, confidence)
    wins, ties = int((a < b).sum()), int((a == b).sum())
    lost, won = (
        proportion_confint(count, len(rows), alpha=1 - confidence, method="beta")
        for count in (wins, wins + ties)
    )
    assert interval.low == pytest.approx(lost[0], abs=1e-9)
    assert interval.high == pytest.approx(won[1], abs=1e-9)
    assert interval.estimate == pytest.approx((wins + ties / 2) / len(rows))
    assert 0.0 <= interval.low <= interval.estimate <= interval.high <= 1.0
    assert interval.sample == Sample(seeds=len(rows))
    assert not interval.degenerate


@given(pairs)
def test_probability_better_turns_round_with_the_names(rows):
    a, b = columns(rows)
    forth, back = probability_better(a, b), probability_better(b, a)
    assert (forth.estimate, forth.low, forth.high) == pytest.approx(
        (1 - back.estimate, 1 - back.high, 1 - back.low), abs=1e-9
    )


@pytest.mark.parametrize("compare", [sign_flip, probability_better])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.01, 0.02], [0.02, 0.03], "whole numbers"),
        (np.array([True]), np.array([True]), "whole numbers"),
        ([1, 2], [1, 2, 3], "one shape"),
        ([[1, 2]], [[1, 2]], "one shape"),
        (np.zeros(0, int), np.zeros(0, int), "one shape"),
    ],
)
def test_counts_of_a_wrong_type_or_shape_are_refused(compare, a, b, message):
    with pytest.raises(ValueError, match=message):
        compare(a, b)
