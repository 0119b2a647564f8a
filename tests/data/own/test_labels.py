"""What labels become."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structbench.data.own.labels import LONGEST, numbered, texts_of, whole
from structbench.data.own.limits import MOST_CLASSES
from structbench.errors import DataError


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["10", "9", "a"], ("10", "9", "a")),
        (["--1", "2"], ("--1", "2")),
        (["²", "2"], ("2", "²")),
        (["cafe\u0301", "café", "tea"], ("café", "tea")),
        ([" a \n b ", "a b", "\xa0c"], ("a b", "c")),
        (["a\x1b[31m", "b"], ("a\N{REPLACEMENT CHARACTER}[31m", "b")),
        (["a\u202eb", "👩\u200d🔬"], ("a\N{REPLACEMENT CHARACTER}b", "👩\u200d🔬")),
    ],
)
def test_classes_are_in_the_order_of_numbers_or_of_texts(
    labels: list[str], names: tuple[str, ...]
) -> None:
    assert numbered(labels, "here")[1] == names


@settings(max_examples=30)
@given(st.lists(st.text(min_size=1, max_size=8).filter(str.strip)))
def test_equal_labels_are_one_class_and_names_are_one_line(labels: list[str]) -> None:
    numbers, names = numbered([*labels, "one", "two"], "here")
    assert sorted(set(numbers.tolist())) == list(range(len(names)))
    assert names[numbers[-1]] == "two"
    of = dict(zip(labels, numbers.tolist(), strict=False))
    assert [of[label] for label in labels] == numbers[: len(labels)].tolist()
    assert not any(unicodedata.category(letter) == "Cc" for name in names for letter in name)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([], "there are no examples"),
        (["a", "a"], "of one class, 'a'"),
        (["a", " "], "a label is empty"),
        (["a", "b" * (LONGEST + 1)], "a label of 201 letters"),
        ([str(i) for i in range(MOST_CLASSES + 1)], "10,001 different labels are more than 10,000"),
    ],
)
def test_what_are_no_classes_is_told(labels: list[str], told: str) -> None:
    with pytest.raises(DataError, match=f"^here: .*{told}"):
        numbered(labels, "here")


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (np.array([1, 2], np.uint8), ["1", "2"]),
        (np.array([[1], [2]]), ["1", "2"]),
        (np.array([1.0, -2.0], np.float32), ["1", "-2"]),
        (np.array([True, False]), ["True", "False"]),
        (np.array(["é", "b"]), ["é", "b"]),
        (np.array([b"a", b"\xff"]), ["a", "\N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_labels_of_any_kind_are_texts(array: np.ndarray, texts: list[str]) -> None:
    assert texts_of(array, "here") == texts


@pytest.mark.parametrize(
    "array", [np.eye(2), np.array([0.5, 1]), np.array([np.nan, 1]), np.array([np.inf, 1])]
)
def test_what_are_no_labels_is_told(array: np.ndarray) -> None:
    with pytest.raises(DataError, match="here: label"):
        texts_of(array, "here")


def test_whole_numbers_are_written_one_way() -> None:
    assert whole(["1", "1.0", "+2", "3e0", "-1.50e1"]) == ["1", "1", "2", "3", "-15"]
    assert whole(["9" * 40, "1"]) == ["9" * 40, "1"]
    for text in ("1.5", "a", "", "nan", "inf", "1e400", "9" * 5000, "1_0"):
        assert whole(["1", text]) is None
