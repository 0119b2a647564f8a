import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from structbench.statistics import holm


def test_holm_by_hand():
    # Ascending: 4 × 0.005, 3 × 0.01, 2 × 0.03, and 1 × 0.04, which may not be below the third.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@settings(max_examples=10)  # statsmodels takes 40 ms or more each time
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_agrees_with_statsmodels(p_values):
    adjusted = holm(p_values)
    assert adjusted == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-15)
    assert (adjusted >= p_values).all()
    assert (adjusted <= 1.0).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_holm_keeps_to_the_order_of_the_tests(p_values, random):
    order = list(range(len(p_values)))
    random.shuffle(order)
    assert (holm(np.array(p_values)[order]) == holm(p_values)[order]).all()


def test_one_test_and_none():
    assert holm([0.03]).tolist() == [0.03]
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p_values", [[-0.1], [1.1], [float("nan")], 0.5, [[0.1]]])
def test_what_is_no_p_value_is_refused(p_values):
    with pytest.raises(ValueError, match="p-values"):
        holm(p_values)
