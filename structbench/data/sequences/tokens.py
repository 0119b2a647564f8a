"""How a text is taken apart into pieces, and put together again."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

from structbench.data.sequences.speller import UNSEEN
from structbench.errors import ConfigError

# Letters of scripts that are written without spaces, each a word (or syllable) of a number.
CJK = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{CJK}]|[^\s\-{UNSEEN}{CJK}]+")
CJK_ONLY = re.compile(rf"[{CJK}]+")

# A sign of punctuation that has it at one of its ends has no space there; nobody sees it.
JOINED = "\u2060"
# A piece that stands for a space and what follows it.
_SPACE = "▁"
# With three times as many, each word that numbers below a million have would be one piece.
MOST_PIECES = 100
_UNKNOWN = "[unknown]"


def visible(text: str) -> str:
    """Without the signs that nobody sees, with single spaces, and each letter written one way."""
    plain = unicodedata.normalize("NFC", text).translate(dict.fromkeys(map(ord, UNSEEN)))
    return " ".join(plain.split())


class Tokens(Protocol):
    """A way to take texts apart."""

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text, in their order."""

    def text(self, pieces: Sequence[str]) -> str:
        """The text that has these pieces, without the signs that nobody sees."""


@dataclass(frozen=True)
class Words:
    """Split at spaces and hyphens, seen or not; Chinese, Japanese and Korean by character.

    A hyphen is no part of a word: `vingt` is one symbol in `vingt-deux` and in `cent vingt`.

    written: texts, of which a word and the next have between them what they mostly have there
    """

    written: Sequence[str]

    @cached_property
    def _joins(self) -> dict[tuple[str, str], str]:
        """What stands between two words, where it is something else than usual."""
        seen = Counter(join for text in self.written for join in _joins(text))
        # The rarest first, so that the most frequent is written last and stays.
        found = {(a, b): between for (a, b, between), _ in reversed(seen.most_common())}
        return {pair: between for pair, between in found.items() if between != _usual(*pair)}

    def pieces(self, text: str) -> list[str]:
        return _WORD.findall(unicodedata.normalize("NFC", text))

    def text(self, pieces: Sequence[str]) -> str:
        between = (self._joins.get(pair, _usual(*pair)) + pair[1] for pair in pairwise(pieces))
        return "".join((*pieces[:1], *between))


def _joins(text: str) -> Iterable[tuple[str, str, str]]:
    """Each word and the next, and what is seen between them."""
    text = unicodedata.normalize("NFC", text)
    for one, other in pairwise(_WORD.finditer(text)):
        yield one[0], other[0], text[one.end() : other.start()].strip(UNSEEN)


def _usual(one: str, other: str) -> str:
    """What stands between two words of which nothing else is known."""
    return "" if CJK_ONLY.fullmatch(one + other) else " "


@dataclass(frozen=True)
class Characters:
    """Each character, spaces and hyphens too, whatever is written."""

    written: Sequence[str]

    def pieces(self, text: str) -> list[str]:
        return list(visible(text))

    def text(self, pieces: Sequence[str]) -> str:
        return "".join(pieces)


@dataclass(frozen=True)
class BytePairs:
    """Byte-pair encoding (Sennrich et al., 2016): from characters on, the most frequent pair of
    pieces within a word becomes a piece. A piece that begins a word begins with ▁.

    Words are what is between spaces, or, `apart`, without the signs of punctuation beside them.

    ConfigError where the package tokenizers is not installed.
    """

    library: Any

    @classmethod
    def of(cls, texts: Iterable[str], most: int = MOST_PIECES, apart: bool = False) -> BytePairs:
        """With at most so many pieces, which are learned from these texts, always the same ones."""
        tokenizers = _tokenizers()
        found = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=_UNKNOWN))
        words = tokenizers.pre_tokenizers.Split(_SPACE, "merged_with_next")
        if apart:
            signs = tokenizers.pre_tokenizers.Punctuation()
            words = tokenizers.pre_tokenizers.Sequence([words, signs])
        found.pre_tokenizer = words
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=most, special_tokens=[_UNKNOWN], show_progress=False
        )
        found.train_from_iterator(map(_marked, texts), trainer)
        return cls(found)

    def pieces(self, text: str) -> list[str]:
        marked = _marked(text)
        # By their places: a piece that the library does not know has no text of its own.
        return [marked[start:end] for start, end in self.library.encode(marked).offsets]

    def text(self, pieces: Sequence[str]) -> str:
        return "".join(pieces).replace(_SPACE, " ").strip()


def _marked(text: str) -> str:
    plain = visible(text)
    return _SPACE + plain.replace(" ", _SPACE) if plain else ""


def _tokenizers() -> Any:
    """The package; threads of its own would be lost where runs are forked from this process."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import tokenizers
        from tokenizers import models, pre_tokenizers, trainers  # noqa: F401
    except ImportError:
        raise ConfigError('tokens: bpe needs tokenizers: pip install "tokenizers>=0.20"') from None
    return tokenizers


# Name → what takes texts apart, once it knows some.
TOKENS: dict[str, Callable[[Sequence[str]], Tokens]] = {
    "words": Words,
    "characters": Characters,
    "bpe": BytePairs.of,
}
