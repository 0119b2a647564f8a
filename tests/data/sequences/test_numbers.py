"""Numbers and their translations: which are learned from and tested on, and where they are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from structbench.data.alterations import Condition
from structbench.data.examples import PADDING, UNANSWERABLE
from structbench.data.sequences import pairs as pairs_of
from structbench.data.sequences.examples import SequenceExamples
from structbench.data.sequences.numbers import Numbers
from structbench.data.sequences.pairs import Range, read_pairs
from structbench.data.sequences.spec import SequenceSpec
from structbench.data.sequences.speller import known_languages, spelled
from structbench.errors import ConfigError
from structbench.problem import EMPTY, END, UNKNOWN, Problem

# Where nothing can be kept.
NOWHERE = Path(os.devnull)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STRUCTBENCH_DATA", str(tmp_path))


def asked(**options: Any) -> Numbers:
    return SequenceSpec(**{"numbers": (0, 999), **options}).dataset


def texts(data: Numbers, examples: SequenceExamples) -> list[tuple[str, str]]:
    source, answer = data.vocabularies(NOWHERE)
    places = zip(examples.source.tolist(), examples.labels.tolist(), strict=True)
    return [(source.decoded(s), answer.decoded(a)) for s, a in places]


def test_french_is_what_others_write_hyphens_apart() -> None:
    for number in (*range(1000), *np.random.default_rng(0).integers(1000, 10**6, 500).tolist()):
        theirs = num2words(number, lang="fr").replace("-", " ")
        assert spelled(number, "fr").replace("-", " ") == theirs


def test_every_language_spells_every_number_otherwise() -> None:
    numbers = [*range(0, 130, 3), 1000, 7991, 999_999, 1_000_000]
    for language in known_languages():
        texts = {spelled(number, language) for number in numbers}
        assert len(texts) == len(numbers), language


def test_pairs_are_symbols_at_their_places() -> None:
    data = asked()
    train, test = data.read(NOWHERE)
    assert (len(train), len(test)) == (data.train_examples, data.test_examples) == (800, 200)
    rows = np.concatenate([train.rows, test.rows])
    assert sorted(rows.tolist()) == list(range(1000))
    for examples in (train, test):
        for number, found in zip(examples.rows.tolist(), texts(data, examples), strict=True):
            assert found == (spelled(number, "fr"), spelled(number, "en"))
    source, before = train.inputs
    assert data.problem(NOWHERE) == Problem("sequence", (6,), 30, 29, 5)
    assert source.shape == (800, 6)
    assert before.shape == train.labels.shape == (800, 5)
    assert (before[:, 0] == END).all()
    given = train.labels[:, :-1]
    assert (before[:, 1:] == np.where(given == PADDING, END, given)).all()
    used = [(source != EMPTY).sum(1), *[(train.labels != PADDING).sum(1)] * 2]
    assert (train.lengths == np.stack(used, axis=1)).all()
    assert (train.notices, train.shared) == ((), ())


@given(st.integers(5, 300), st.integers(0, 10**14))
def test_no_number_is_both_learned_from_and_tested_on(count: int, low: int) -> None:
    data = asked(numbers=(low, low + count - 1))
    numbers = data.asked.drawn().tolist()
    assert len(numbers) == data.train_examples + data.test_examples == count
    assert sorted(numbers) == list(range(low, low + count))
    assert 1 <= data.test_examples <= count / 5


def test_of_a_large_range_some_are_drawn() -> None:
    numbers = asked(numbers=(10, 10**14)).asked.drawn()
    assert len(set(numbers.tolist())) == 25_000
    assert numbers.min() >= 10
    assert numbers.max() <= 10**14
    assert (asked(numbers=(10, 10**14)).asked.drawn() == numbers).all()


def test_a_seed_draws_what_is_learned_from_and_nothing_else() -> None:
    parts = [asked().split(NOWHERE, 300, 100, 50, seed) for seed in (0, 1)]
    for kept, validation, test in parts:
        rows = [set(part.rows.tolist()) for part in (kept, validation, test)]
        assert [len(each) for each in rows] == [300, 100, 50]
        assert len(set.union(*rows)) == 450
    (first, _, tested), (second, _, again) = parts
    assert (tested.rows == again.rows).all()
    assert (tested.source == again.source).all()
    assert set(first.rows.tolist()) != set(second.rows.tolist())
    larger, _, _ = asked().split(NOWHERE, 400, 100, 50, 0)
    assert set(first.rows.tolist()) <= set(larger.rows.tolist())


def test_symbols_depend_on_neither_seed_nor_size() -> None:
    whole, part = (SequenceSpec(numbers=(0, 999), train_size=size) for size in (None, 50))
    assert whole.problem == part.problem
    assert whole.dataset.digest(NOWHERE) == part.dataset.digest(NOWHERE)
    others: tuple[dict[str, Any], ...] = ({"source": "es"}, {"answer": "zh"}, {"numbers": (1, 999)})
    digests = {asked(**other).digest(NOWHERE) for other in ({}, *others, {"tokens": "characters"})}
    assert len(digests) == 5


def test_what_was_spelled_is_kept_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Range("es", "zh", 0, 49)
    first = read_pairs(wanted, tmp_path)
    (file,) = (tmp_path / "numbers").iterdir()
    assert file.name == wanted.file
    content = file.read_bytes()
    lines = content.decode().splitlines()
    assert f"{first.numbers[0]}\t{first.sources[0]}\t{first.answers[0]}" == lines[1]
    monkeypatch.setattr(pairs_of, "spelled", None)
    assert read_pairs(wanted, tmp_path).table == first.table
    monkeypatch.undo()
    for damaged in (
        b"",
        content[:-30],
        content.replace("六".encode(), "七".encode(), 1),
        b"\xff\n",
    ):
        file.write_bytes(damaged)
        assert read_pairs(wanted, tmp_path).table == first.table
        assert file.read_bytes() == content


def test_what_cannot_be_kept_is_spelled_each_time(tmp_path: Path) -> None:
    (tmp_path / "numbers").write_text("in the way")
    assert len(read_pairs(Range("fr", "en", 0, 9), tmp_path).numbers) == 10


def test_what_has_no_room_is_tested_as_wrong_and_not_learned_from() -> None:
    data = asked(longest_source=3, longest_answer=3)
    assert data.problem(NOWHERE).input_shape == (3,)
    train, test = data.read(NOWHERE)
    long = test.labels[:, 0] == UNANSWERABLE
    assert 0 < long.sum() < len(test)
    told = f"{long.sum()} of {len(test)} sentences have more symbols than there are places"
    assert told in test.notices[0]
    for number, cut in zip(test.rows.tolist(), long.tolist(), strict=True):
        words = [len(spelled(number, of).replace("-", " ").split()) for of in ("fr", "en")]
        assert cut == (max(words) > 3)
    assert (test.labels[long, 1:] == PADDING).all()
    assert not (train.labels == UNANSWERABLE).any()
    spec = SequenceSpec(numbers=(0, 999), longest_source=3, longest_answer=3)
    assert spec.train_examples == len(train) < data.train_examples


def test_other_numbers_of_so_many_digits() -> None:
    data = asked(numbers=(0, 1999))
    kept, validation, test = data.split(NOWHERE, 1500, 100, 100, 0)
    known = {*kept.rows.tolist(), *validation.rows.tolist()}
    for digits in (3, 4, 5):
        other = test.altered(Condition("digits", (digits,)), 0)
        rows = other.rows.tolist()
        assert len(set(rows)) == len(test) == 100
        assert not known & set(rows)
        assert {len(str(number)) for number in rows} == {digits}
    five = test.altered(Condition("digits", (5,)), 0)
    fits = ~five.cut
    answers = zip(five.rows[fits], texts(data, five.take(np.flatnonzero(fits))), strict=True)
    assert all(found == (spelled(int(n), "fr"), spelled(int(n), "en")) for n, found in answers)
    seven = test.altered(Condition("digits", (7,)), 0)
    strange = (seven.source == UNKNOWN).any(axis=1)
    assert strange.all()
    assert seven.notices[0] == "100 of 100 sentences have a symbol that was never trained on"
    assert (seven.labels[:, 0] == UNANSWERABLE).all()


def test_all_seeds_are_tested_on_the_same_numbers_of_so_many_digits() -> None:
    tests = [asked().split(NOWHERE, 200, 0, 100, seed)[2] for seed in (0, 1)]
    for digits in (3, 6):
        one, other = (test.altered(Condition("digits", (digits,)), 0).rows for test in tests)
        assert (one == other).all()


def test_a_symbol_that_a_seed_never_trained_on_is_told() -> None:
    _, _, test = asked().split(NOWHERE, 5, 0, 200, 0)
    count = int(test.strange.sum())
    assert 0 < count <= 200
    assert test.notices == (f"{count} of 200 sentences have a symbol that was never trained on",)
    assert not (test.labels == UNANSWERABLE).any()


def test_sentences_of_a_users_own() -> None:
    data = asked()
    found = data.encode_sources(NOWHERE, ["vingt-deux", "trois  cent", "onze million"])
    assert (found.lengths[:, 0] == 2).all()
    assert (found.labels[:, 0] == UNANSWERABLE).all()
    assert found.source[2, 1] == UNKNOWN
    for text, told in (("", "'' is an empty sentence"), ("-", "'-' is an empty sentence")):
        with pytest.raises(ConfigError, match=told):
            data.encode_sources(NOWHERE, ["un", text])
    with pytest.raises(ConfigError, match="has 20 symbols, and the places are 6"):
        data.encode_sources(NOWHERE, ["un " * 20])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"numbers": (7, 7)}, r"\[7, 7\] holds 1 number; 5 are the fewest"),
        ({"numbers": (9, 3)}, r"\[9, 3\] holds no number; 5 are the fewest"),
        ({"numbers": (0, 10**15)}, "less than or equal to 999999999999999"),
        ({"longest_source": 1001}, "less than or equal to 1000"),
        ({"source": "French"}, "no numbers are spelled in 'French'; French is 'fr'"),
        ({"source": "fr-CA"}, "did you mean 'fr'"),
        ({"answer": "spansh"}, "did you mean 'es'"),
        ({"answer": "xx"}, "known: af, "),
        ({"numbers": (0, 99), "train_size": 90}, "more than the 80 of numbers from 0 to 99"),
        ({"numbers": (0, 99), "test_size": 21}, "more than the 20 of numbers from 0 to 99"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        SequenceSpec(**options)


def test_places_that_nothing_fits_are_refused() -> None:
    told = "no pair has room within longest_source 1: the shortest sentence has 2 symbols"
    with pytest.raises(ConfigError, match=told):
        asked(numbers=(30_000, 30_099), longest_source=1).problem(NOWHERE)
    with pytest.raises(ConfigError, match="is more than the pairs that have room"):
        SequenceSpec(numbers=(0, 999), longest_source=1, train_size=500).require(())
