"""What is tested of data without a test part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from structbench.data.own import split
from structbench.data.own.split import groups_of
from structbench.errors import DataError

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=80)


def groups_by(kinds: list[int]) -> np.ndarray:
    """Examples of one number are copies."""
    return groups_of(np.array(kinds)[:, None])


def test_groups_are_of_examples_that_are_the_same_to_the_last_bit() -> None:
    examples = np.array([[1, 2], [3, 4], [1, 2], [2, 1], [3, 4], [1, 2]], np.uint8)
    assert groups_of(examples).tolist() == [0, 1, 0, 3, 1, 0]
    almost = np.array([[0.1], [0.1 + 1e-9], [0.1]])
    assert groups_of(almost).tolist() == [0, 1, 0]
    assert groups_of(np.asfortranarray(examples)).tolist() == [0, 1, 0, 3, 1, 0]


@given(LABELS, st.floats(0.05, 0.95))
def test_without_copies_each_class_gives_its_share(labels: list[int], share: float) -> None:
    asked = round(share * len(labels))
    assume(0 < asked < len(labels))
    of = np.array(labels)
    tested = split.tested_of(of, np.arange(len(of)), share)
    assert tested.sum() == asked
    for label in set(labels):
        count = (of == label).sum()
        assert abs((tested & (of == label)).sum() - count * asked / len(of)) <= 1


@given(LABELS, st.data(), st.floats(0.05, 0.95))
def test_copies_are_on_one_side(labels: list[int], data: st.DataObject, share: float) -> None:
    n = len(labels)
    kinds = data.draw(st.lists(st.integers(0, n), min_size=n, max_size=n))
    groups = groups_by(kinds)
    asked, groups_there = round(share * n), np.unique(groups, return_counts=True)[1]
    # Where no group has room, or one is all there is.
    if asked in (0, n) or groups_there.min() > asked or len(groups_there) == 1:
        with pytest.raises(DataError, match="too few to test"):
            split.tested_of(np.array(labels), groups, share)
        return
    tested = split.tested_of(np.array(labels), groups, share)
    assert not set(groups[tested]) & set(groups[~tested])
    assert 0 < tested.sum() <= asked
    assert not tested.all()
    assert (tested == split.tested_of(np.array(labels), groups, share)).all()


def test_a_group_too_large_for_the_test_part_is_learned_from() -> None:
    labels = np.arange(100) % 2
    kinds = [0] * 60 + [*range(1, 41)]
    for seed in range(5):  # in whichever place the large group is
        kinds = np.random.default_rng(seed).permutation(kinds).tolist()
        tested = split.tested_of(labels, groups_by(kinds), 0.2)
        assert tested.sum() == 20
        assert not tested[np.array(kinds) == 0].any()


@pytest.mark.parametrize(
    ("kinds", "share", "said"),
    [
        ([1, 2], 0.2, r"^2 examples are too few to test a share of 0\.2 \(data\.test_share\)"),
        ([1, 1, 1], 0.5, "^3 examples, 1 of them different, are too few"),
        ([1, 1, 2, 2], 0.2, "^4 examples, 2 of them different, are too few"),
        ([1, 2], 0.9, "^2 examples are too few"),
    ],
)
def test_too_few_examples_are_refused(kinds: list[int], share: float, said: str) -> None:
    with pytest.raises(DataError, match=said):
        split.tested_of(np.zeros(len(kinds), np.int64), groups_by(kinds), share)
