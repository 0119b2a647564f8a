"""What conditions do to sentences."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.alterations import Condition
from structbench.data.conditions import CONDITIONS, parse_condition
from structbench.data.sequences.examples import SequenceExamples
from structbench.data.sequences.spec import SequenceSpec
from structbench.errors import ConfigError
from structbench.problem import BLANK, EMPTY, UNKNOWN

# Where nothing can be kept.
NOWHERE = Path(os.devnull)
_, TEST = SequenceSpec(numbers=(0, 999)).dataset.read(NOWHERE)
ALTERING = {"drop_words": 0.5, "swap_words": 2, "unknown_words": 0.5}

conditions = st.builds(
    lambda name, share, times: Condition(name, (times if name == "swap_words" else share,)),
    st.sampled_from(list(ALTERING)), st.floats(0, 1), st.integers(0, 20),
)  # fmt: skip


def words(examples: SequenceExamples) -> list[list[int]]:
    return [[s for s in row if s != EMPTY] for row in examples.source.tolist()]


@given(conditions, st.integers(0, 2**32 - 1))
def test_no_empty_place_is_within_a_sentence_and_answers_stay(
    condition: Condition, seed: int
) -> None:
    altered = TEST.altered(condition, seed)
    used = altered.lengths[:, 0]
    assert (used >= 1).all()
    places = np.arange(TEST.source.shape[1])
    assert ((altered.source != EMPTY) == (places < used[:, None])).all()
    assert (altered.labels == TEST.labels).all()
    assert (altered.rows == TEST.rows).all()
    assert (TEST.altered(condition, seed).source == altered.source).all()


def test_words_are_dropped_in_their_order() -> None:
    for share in (0.0, 0.4, 1.0):
        altered = words(TEST.altered(Condition("drop_words", (share,)), 0))
        for some, every in zip(altered, words(TEST), strict=True):
            rest = iter(every)
            assert all(word in rest for word in some)
        kept = sum(map(len, altered)) / sum(map(len, words(TEST)))
        lone = len(TEST) / sum(map(len, words(TEST)))
        assert {0.0: kept == 1, 0.4: 0.6 < kept < 0.75, 1.0: kept == lone}[share]


def test_neighbours_change_places() -> None:
    once = words(TEST.altered(Condition("swap_words", (1,)), 0))
    for some, every in zip(once, words(TEST), strict=True):
        assert sorted(some) == sorted(every)
        moved = [i for i, (a, b) in enumerate(zip(some, every, strict=True)) if a != b]
        assert moved in ([], moved[:1] + [i + 1 for i in moved[:1]])
    assert once != words(TEST)
    assert words(TEST.altered(Condition("swap_words", (0,)), 0)) == words(TEST)


def test_words_become_unknown() -> None:
    altered = TEST.altered(Condition("unknown_words", (0.3,)), 0)
    hit = altered.source == UNKNOWN
    assert (altered.source[~hit] == TEST.source[~hit]).all()
    assert 0.2 < hit.sum() / (TEST.source != EMPTY).sum() < 0.4
    assert altered.notices == ()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_structure_goes_place_by_place_and_nothing_is_empty_then(share: float) -> None:
    shown = TEST.without_structure(share)
    assert (shown.labels == TEST.labels).all()
    if share == 0:
        assert shown is TEST
        return
    read = np.where(TEST.source == EMPTY, BLANK, TEST.source)
    columns, before = shown.source.T.tolist(), read.T.tolist()
    assert sorted(columns) == sorted(before)
    assert sum(a != b for a, b in zip(columns, before, strict=True)) <= round(share * len(before))
    assert (shown.lengths[:, 0] == TEST.source.shape[1]).all()


def test_training_examples_have_no_others(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="chooses examples to test on"):
        TEST.altered(Condition("digits", (3,)), 0)


def test_arguments_have_their_limits() -> None:
    assert str(parse_condition("drop_words:0.10", "sequence")) == "drop_words:0.1"
    for text in ("digits:0", "digits:16", "digits:2.5", "drop_words:1.1", "swap_words:-1"):
        with pytest.raises(ConfigError, match=text):
            parse_condition(text, "sequence")
    assert all(row.purpose for row in CONDITIONS["sequence"].values())
