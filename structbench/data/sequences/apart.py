"""Words of any text, with its punctuation apart, so that the same text comes back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from structbench.data.sequences.speller import UNSEEN
from structbench.data.sequences.tokens import CJK, CJK_ONLY, JOINED, visible

_SPACE = " "
# Signs that control a device are no part of a text, and some code points never are one.
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_UNSEEN = map(ord, JOINED + UNSEEN + "\ufffe\uffff")
_PLAIN = {**dict.fromkeys(_CONTROLS, " "), **dict.fromkeys(_UNSEEN)}


def sentence(text: str) -> str:
    """A text as it is learned: each letter written one way, single spaces, and nothing in it that
    nobody sees or that ends a line."""
    return visible(text.translate(_PLAIN))


@dataclass(frozen=True)
class Apart:
    """Words, and signs of punctuation as words of their own; Chinese, Japanese and Korean by
    character.

    A sign says whether it stands against its neighbours: the comma of `a, b` is another symbol than
    that of `1,5`. So a text comes back as it was.
    """

    written: Sequence[str]

    def pieces(self, text: str) -> list[str]:
        return list(_pieces(sentence(text)))

    def text(self, pieces: Sequence[str]) -> str:
        between = (_between(*pair) + pair[1] for pair in pairwise(pieces))
        return "".join((*pieces[:1], *between)).replace(JOINED, "").strip()


def _pieces(text: str) -> Iterator[str]:
    found = [*_pattern().finditer(text)]
    before, end = 0, -1  # the kind of the piece before, and where it ends
    for match, after in zip(found, (*found[1:], None), strict=False):
        kind, against = match.lastindex, match.start() == end
        piece, end = match[0], match.end()
        if kind == _SIGN:
            joins = after and after.start() == end and after.lastindex != _SIGN
            piece = f"{JOINED * against}{piece}{JOINED if joins else ''}"
        elif _CHARACTER in (kind, before) and before not in (0, _SIGN) and not against:
            yield _SPACE
        yield piece
        before = kind or 0


def _between(one: str, other: str) -> str:
    """What stands between two pieces of a text."""
    if one.endswith(JOINED) or other.startswith(JOINED) or _SPACE in (one, other):
        return ""
    return _usual(one, other)


def _usual(one: str, other: str) -> str:
    """What stands between two pieces, neither of which says more."""
    if _is_sign(one.strip(JOINED)) or _is_sign(other.strip(JOINED)):
        return _SPACE
    return "" if CJK_ONLY.fullmatch(one) or CJK_ONLY.fullmatch(other) else _SPACE


def _is_sign(piece: str) -> bool:
    return bool(_sign().fullmatch(piece))


# The groups of the pattern below.
_CHARACTER, _WORD, _SIGN = 1, 2, 3


@cache
def _pattern() -> re.Pattern[str]:
    """A character of Chinese, Japanese or Korean; a word; or a sign."""
    letter = rf"[^\W{CJK}]"
    return re.compile(rf"([{CJK}])|({letter}(?:{letter}|[{_marks()}])*)|([^\s])")


@cache
def _sign() -> re.Pattern[str]:
    return re.compile(rf"[^\w\s{CJK}]")


@cache
def _marks() -> str:
    """All that is written above, below or behind a letter, e.g. a vowel of Hindi, and what joins
    letters or holds them apart within a word; 15 ms."""
    marks = (chr(c) for c in range(0x300, 0x1F000) if unicodedata.category(chr(c))[0] == "M")
    return "".join(marks) + "\u200c\u200d"
