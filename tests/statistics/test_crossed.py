import numpy as np
import pytest

from structbench.statistics import MINIMUM_SEEDS, Sample, crossed_bootstrap


def random_errors(seeds=12, examples=200, a=0.1, b=0.2):
    rng = np.random.default_rng(7)
    return rng.random((seeds, examples)) < a, rng.random((seeds, examples)) < b


def interval(a, b, seed=0, resamples=2000, confidence=0.95):
    return crossed_bootstrap(a, b, np.random.default_rng(seed), resamples, confidence)


def naive(a, b, rng, resamples):
    """The definition: seeds and examples drawn with replacement, rows and columns taken."""
    difference = a.astype(float) - b
    seeds, examples = difference.shape
    return [
        difference[rng.integers(seeds, size=seeds)][:, rng.integers(examples, size=examples)].mean()
        for _ in range(resamples)
    ]


def test_the_crossed_bootstrap_agrees_with_its_definition():
    a, b = random_errors()
    found = interval(a, b, resamples=20_000)
    low, high = np.quantile(naive(a, b, np.random.default_rng(1), 20_000), [0.025, 0.975])
    # The standard error of a simulated limit is 1 % of the width.
    assert found.low == pytest.approx(low, abs=0.05 * (high - low))
    assert found.high == pytest.approx(high, abs=0.05 * (high - low))
    assert found.estimate == pytest.approx(a.mean() - b.mean(), abs=1e-12)
    assert found.sample == Sample(seeds=12, examples=200)
    assert found.label == (
        "95 % crossed bootstrap percentile interval over 12 seeds and 200 examples"
    )


def test_the_same_generator_gives_the_same_interval():
    a, b = random_errors()
    assert interval(a, b, seed=3) == interval(a, b, seed=3) != interval(a, b, seed=4)


def test_swapping_the_models_turns_the_interval_round():
    a, b = random_errors()
    forth, back = interval(a, b), interval(b, a)
    assert (forth.estimate, forth.low, forth.high) == pytest.approx(
        (-back.estimate, -back.high, -back.low), abs=1e-12
    )
    assert -1.0 <= forth.low <= forth.estimate <= forth.high <= 1.0


def test_the_order_of_seeds_and_examples_does_not_matter_but_for_the_draw():
    a, b = random_errors()
    rng = np.random.default_rng(5)
    order = np.ix_(rng.permutation(len(a)), rng.permutation(a.shape[1]))
    one, other = interval(a, b, resamples=20_000), interval(a[order], b[order], resamples=20_000)
    assert one.estimate == other.estimate
    width = one.high - one.low
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.05 * width)


def test_more_confidence_is_wider():
    a, b = random_errors()
    narrow, wide = interval(a, b, confidence=0.8), interval(a, b, confidence=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_models_that_never_differ_have_no_spread():
    a, _ = random_errors()
    found = interval(a, a)
    assert (found.estimate, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.degenerate


def test_where_all_examples_differ_all_are_drawn():
    a = np.ones((MINIMUM_SEEDS, 50), bool)
    found = interval(a, ~a)
    assert (found.estimate, found.low, found.high) == (1.0, 1.0, 1.0)


def test_few_seeds_are_refused():
    a, b = random_errors(seeds=MINIMUM_SEEDS - 1)
    with pytest.raises(ValueError, match="needs 10 of them, not 9"):
        interval(a, b)


def test_no_resamples_and_no_booleans_are_refused():
    a, b = random_errors()
    with pytest.raises(ValueError, match="at least 1 resample"):
        interval(a, b, resamples=0)
    with pytest.raises(ValueError, match="booleans"):
        interval(a.astype(int), b.astype(int))
    with pytest.raises(ValueError, match=r"one shape \[seeds, examples\]"):
        interval(a[0], b[0])
