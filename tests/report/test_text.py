"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.report.text import (
    LEVEL,
    fitting,
    listed,
    p_equals,
    p_text,
    percent,
    points,
    seconds,
)


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (65, "1 min 05 s"), (7620, "2 h 07 min")],
)
def test_durations_read_as_people_say_them(duration: float, text: str) -> None:
    assert seconds(duration) == text


def test_one_example_of_ten_thousand_is_visible() -> None:
    assert percent(0.0001) == "0.01 %"
    assert points(-0.000012) == "−0.001"
    assert points(1e-18) == points(0.0) == "+0.00"


@pytest.mark.parametrize(
    ("p", "text"), [(1e-9, "p < 0.0001"), (0.0499, "p = 0.0499"), (0.25, "p = 0.25")]
)
def test_a_p_value_reads_as_people_write_it(p: float, text: str) -> None:
    assert p_equals(p) == text


@given(st.floats(0.0001, 0.0999))
def test_a_p_value_is_not_rounded_across_the_level(p: float) -> None:
    assert (float(p_text(p)) < LEVEL) == (p < LEVEL)


def test_lists_are_joined_and_cut() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert fitting(["a 1", "b 2", "c 3"], 99) == "a 1, b 2, c 3"
    assert fitting(["a 1", "b 2", "c 3"], 12) == "a 1, +2 more"
    assert fitting(["a 1", "b 2"], 0) == "a 1, +1 more"
