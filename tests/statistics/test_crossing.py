"""Where a lead ends: by arithmetic, and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from structbench.statistics import crossings, mean_t


def test_a_line_passes_0_where_arithmetic_says() -> None:
    differences = [[-0.3, -0.1, 0.1], [-0.2, -0.1, 0.3]]
    (found,) = crossings([0, 0.5, 1], differences)
    assert found.by_seed == pytest.approx((0.75, 0.625))
    assert found.level == pytest.approx(0.6875)
    assert found.rises
    assert found.interval == mean_t(found.by_seed)


def test_a_valley_has_two_ends() -> None:
    begins, ends = crossings([0, 1, 2, 3], [[0.1, -0.1, -0.1, 0.1]])
    assert (begins.level, begins.rises, ends.level, ends.rises) == (0.5, False, 2.5, True)
    assert begins.interval is None


@pytest.mark.parametrize(
    "differences",
    [
        [[-1, -2, -3]],  # never
        [[0, 0, 0]],
        [[0, -1, -1]],  # from 0 it comes from no side
        [[-1, -1, 1], [-1, -1, -1]],  # one seed only
        [[-1, 1, 1], [1, 1, -1]],  # another way
        [[-1, 1, -1], [-1, -1, -1]],  # more often
    ],
)
def test_nothing_is_said_where_seeds_disagree(differences: list[list[float]]) -> None:
    assert crossings([0, 1, 2], differences) == ()


def test_a_stretch_of_0_counts_by_its_middle() -> None:
    (at_a_level,) = crossings([0, 1, 2], [[-1, 0, 5]])
    (between,) = crossings([0, 1, 2, 3], [[-1, 0, 0, 5]])
    assert (at_a_level.level, between.level) == (1, 1.5)


LEADS = arrays(np.float64, (3, 5), elements=st.floats(-1, 1))


@given(LEADS)
def test_a_crossing_lies_between_two_levels_of_other_signs(leads: NDArray[np.float64]) -> None:
    levels = np.arange(5.0)
    for found in crossings(levels, leads):
        for seed, level in zip(leads, found.by_seed, strict=True):
            before, behind = seed[levels < level], seed[levels > level]
            sign = 1 if found.rises else -1
            assert sign * before[np.flatnonzero(before)[-1]] < 0
            assert sign * behind[np.flatnonzero(behind)[0]] > 0


@given(LEADS)
def test_the_other_way_round_it_falls(leads: NDArray[np.float64]) -> None:
    there, back = crossings(range(5), leads), crossings(range(5), -leads)
    assert [(c.level, c.rises) for c in there] == [(c.level, not c.rises) for c in back]


def test_what_is_no_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="rise"):
        crossings([1, 0], [[1, 2]])
    with pytest.raises(ValueError, match="seeds, points"):
        crossings([0, 1], [[1, 2, 3]])
