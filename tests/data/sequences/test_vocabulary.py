"""How texts become symbols, and texts again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.examples import PADDING, UNANSWERABLE
from structbench.data.sequences.corpus import symbols_of
from structbench.data.sequences.spec import SequenceSpec
from structbench.data.sequences.speller import spelled
from structbench.data.sequences.tokens import TOKENS, visible
from structbench.data.sequences.vocabulary import Vocabulary
from structbench.errors import ConfigError
from structbench.problem import END, UNKNOWN

# Where nothing can be kept.
NOWHERE = Path(os.devnull)
RANGE = (0, 999)
LANGUAGES = ("fr", "en", "zh", "de", "th")


def vocabulary(tokens: str, language: str = "fr") -> Vocabulary:
    spec = SequenceSpec.model_validate({"numbers": RANGE, "source": language, "tokens": tokens})
    return spec.dataset.vocabularies(NOWHERE)[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tokens", TOKENS)
def test_a_text_comes_back_as_it_was(tokens: str, language: str) -> None:
    known = vocabulary(tokens, language)
    for number in range(*RANGE, 7):
        text = spelled(number, language)
        symbols = known.encoded(text)
        if not known.unknown(text):
            assert known.decoded(symbols) == visible(text)
            assert max(symbols) < len(known)
            assert min(symbols) > UNKNOWN


@given(st.text(max_size=30), st.sampled_from(tuple(TOKENS)))
def test_any_text_has_pieces_each_known_or_not(text: str, tokens: str) -> None:
    known = vocabulary(tokens)
    pieces, symbols = known.pieces(text), known.encoded(text)
    assert len(pieces) == len(symbols)
    unknown = [piece for piece, s in zip(pieces, symbols, strict=True) if s == UNKNOWN]
    assert known.unknown(text) == list(dict.fromkeys(unknown))
    known.decoded(symbols)


def test_words_are_split_at_spaces_and_hyphens_and_hyphens_come_back() -> None:
    words = vocabulary("words")
    assert words.pieces("quatre-vingt-dix neuf") == ["quatre", "vingt", "dix", "neuf"]
    assert words.decoded(words.encoded("quatre vingt dix-neuf")) == "quatre-vingt-dix-neuf"
    assert words.decoded(words.encoded("cent deux")) == "cent deux"
    assert words.encoded("cent million") == [words.encoded("cent")[0], UNKNOWN]
    assert vocabulary("words", "zh").pieces("九百九十一") == ["九", "百", "九", "十", "一"]
    german = vocabulary("words", "de")
    assert german.pieces(spelled(21, "de")) == ["ein", "und", "zwanzig"]
    assert german.decoded(german.encoded(spelled(21, "de"))) == "einundzwanzig"


def test_pieces_are_longer_than_characters_and_always_the_same() -> None:
    pieces = vocabulary("bpe")
    assert pieces.pieces("quatre-vingt") == TOKENS["bpe"](
        [spelled(n, "fr") for n in range(1000)]
    ).pieces("quatre-vingt")
    lengths = [len(vocabulary(tokens).pieces("quatre cent")) for tokens in TOKENS]
    assert lengths[0] <= lengths[2] < lengths[1]
    assert all(piece.startswith("▁") for piece in (pieces.pieces("un")[0], pieces.pieces("dix")[0]))


def test_an_answer_ends_and_has_no_unknown_symbol() -> None:
    spec = SequenceSpec(numbers=RANGE)
    _, answers = spec.dataset.vocabularies(NOWHERE)
    two = answers.encoded("two")
    assert answers.encoded("million") == [UNANSWERABLE]
    assert answers.decoded([*two, END, *two, PADDING]) == "two"
    assert answers.words([*two, END, PADDING]) == ["two", "(end)", ""]
    assert vocabulary("characters").words(vocabulary("characters").encoded("a b"))[1] == "␣"


def test_a_vocabulary_of_one_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="the same word and no other"):
        symbols_of(["un", "un un"], 2, TOKENS["words"], Vocabulary.of_source)


def test_what_is_missing_for_bpe_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ConfigError, match='pip install "tokenizers'):
        TOKENS["bpe"](["un"])
