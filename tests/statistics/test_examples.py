import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import contingency_tables
from statsmodels.stats.proportion import proportion_confint

from structbench.statistics import Sample, mcnemar, newcombe, wilson

tables = st.tuples(*[st.integers(0, 60)] * 4).filter(sum)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def vectors(table):
    """Errors of two networks whose paired table is (both, only a, only b, neither)."""
    a = np.repeat([True, True, False, False], table)
    b = np.repeat([True, False, True, False], table)
    return a, b


# Newcombe (1998), Stat. Med. 17:857, Table I, method 3.
@pytest.mark.parametrize(
    ("errors", "examples", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_limits(errors, examples, low, high):
    interval = wilson(errors, examples)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(st.integers(1, 10_000), st.floats(0, 1), confidences)
def test_wilson_agrees_with_statsmodels(examples, share, confidence):
    errors = round(share * examples)
    interval = wilson(errors, examples, confidence)
    expected = proportion_confint(errors, examples, alpha=1 - confidence, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= interval.low <= interval.estimate <= interval.high <= 1.0
    assert interval.sample == Sample(examples=examples)
    assert interval.confidence == confidence


@pytest.mark.parametrize(("errors", "examples"), [(-1, 10), (11, 10), (0, 0)])
def test_wilson_refuses_what_is_no_proportion(errors, examples):
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(errors, examples)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
def test_a_confidence_outside_0_and_1_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        wilson(1, 10, confidence)


# Bentur et al. (2009) as in Fagerland, Lydersen, Laake (2014), Stat. Med. 33:2850; Cavo et al.
# (2012) as in Fagerland, Lydersen, Laake (2017), Statistical Analysis of Contingency Tables, ch. 8.
@pytest.mark.parametrize(
    ("table", "low", "high", "decimals"),
    [((1, 1, 7, 12), -0.507, -0.026, 3), ((59, 6, 16, 80), -0.1186, -0.0046, 4)],
)
def test_newcombe_gives_the_published_limits(table, low, high, decimals):
    interval = newcombe(*vectors(table))
    assert (round(interval.low, decimals), round(interval.high, decimals)) == (low, high)


@given(tables, confidences)
def test_newcombe_is_antisymmetric_and_stays_in_bounds(table, confidence):
    a, b = vectors(table)
    forth, back = newcombe(a, b, confidence), newcombe(b, a, confidence)
    assert (forth.estimate, forth.low, forth.high) == pytest.approx(
        (-back.estimate, -back.high, -back.low), abs=1e-12
    )
    assert forth.estimate == pytest.approx(a.mean() - b.mean(), abs=1e-12)
    assert -1 - 1e-12 <= forth.low <= forth.estimate <= forth.high <= 1 + 1e-12


def test_newcombe_has_a_width_where_the_networks_never_differ():
    a, _ = vectors((3, 0, 0, 97))
    interval = newcombe(a, a)
    assert interval.low < 0.0 < interval.high


# Armitage and Berry (1994), p. 127 (exact P from the StatsDirect manual); Bentur et al. as above.
@pytest.mark.parametrize(("table", "p"), [((20, 12, 2, 16), 0.0129), ((1, 1, 7, 12), 0.0703)])
def test_mcnemar_gives_the_published_p(table, p):
    assert round(mcnemar(*vectors(table)).p_value, 4) == p


@given(tables)
def test_mcnemar_agrees_with_statsmodels_and_is_symmetric(table):
    a, b = vectors(table)
    both, only_a, only_b, neither = table
    test = mcnemar(a, b)
    assert (test.only_a, test.only_b, test.sample.examples) == (only_a, only_b, sum(table))
    assert test.p_value == mcnemar(b, a).p_value
    if only_a + only_b:
        expected = contingency_tables.mcnemar([[both, only_a], [only_b, neither]], exact=True)
        assert test.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    else:
        assert test.p_value == 1.0


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_the_examples_does_not_matter(table, random):
    a, b = vectors(table)
    order = list(range(a.size))
    random.shuffle(order)
    assert mcnemar(a[order], b[order]) == mcnemar(a, b)
    assert newcombe(a[order], b[order]) == newcombe(a, b)


@pytest.mark.parametrize("compare", [mcnemar, newcombe])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros(3, int), np.zeros(3, int), "booleans"),
        (np.zeros(3, bool), np.zeros(4, bool), "one shape"),
        (np.zeros((2, 3), bool), np.zeros((2, 3), bool), "one shape"),
        (np.zeros(0, bool), np.zeros(0, bool), "one shape"),
    ],
)
def test_errors_of_a_wrong_type_or_shape_are_refused(compare, a, b, message):
    with pytest.raises(ValueError, match=message):
        compare(a, b)
