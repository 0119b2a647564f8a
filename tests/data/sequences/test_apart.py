"""Words with their punctuation apart: the same text comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.sequences.apart import Apart, sentence
from structbench.data.sequences.tokens import JOINED, BytePairs

WORDS = Apart(())
# Signs, letters and marks beside each other, with and without spaces.
TIGHT = st.text("ab1,.'«- 你나\u0300\u0915\u093f\u200d_▁\te\u200b" + JOINED, max_size=20)


@given(st.one_of(st.text(max_size=30), TIGHT))
def test_any_text_comes_back(text: str) -> None:
    pieces = WORDS.pieces(text)
    assert WORDS.text(pieces) == sentence(text) == sentence(sentence(text))
    assert all(pieces)


@given(st.lists(st.sampled_from(["a", "你", " ", ",", f"{JOINED},", f"({JOINED}"]), max_size=8))
def test_whatever_a_network_says_is_a_text(pieces: list[str]) -> None:
    found = WORDS.text(pieces)
    assert JOINED not in found
    assert found.replace(" ", "") == "".join(pieces).replace(JOINED, "").replace(" ", "")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Anna, come!", ["Anna", "~,", "come", "~!"]),
        ('l\'eau "est" (là).', ["l", "~'~", "eau", '"~', "est", '~"', "(~", "là", "~)", "~."]),
        ("3,5 – 4", ["3", "~,~", "5", "–", "4"]),
        ("你好，世界。", ["你", "好", "~，~", "世", "界", "~。"]),
        ("나는 간다", ["나", "는", " ", "간", "다"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("e\u0301te\u0301 a\u00adb", ["été", "ab"]),
        ("a\x1b[0m\x07b", ["a", "[~", "0m", "b"]),
    ],
)
def test_signs_are_apart_and_words_whole(text: str, pieces: list[str]) -> None:
    assert [piece.replace(JOINED, "~") for piece in WORDS.pieces(text)] == pieces


def test_pieces_of_words_have_no_punctuation_within() -> None:
    texts = ["wa, wa. wa, no."] * 50
    apart, beside = (BytePairs.of(texts, 30, apart=apart) for apart in (True, False))
    assert apart.pieces("wa, no.") == ["▁wa", ",", "▁no", "."]
    assert beside.pieces("wa, no.") == ["▁wa,", "▁no."]
    assert apart.text(apart.pieces("wa, no.")) == "wa, no."
