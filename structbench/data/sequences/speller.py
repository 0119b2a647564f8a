"""Numbers in words: the rules of Unicode's CLDR, as the package unicode-rbnf has them."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from structbench.errors import ConfigError, nearest

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

# Above it the speller finds its rules with rounded numbers.
LARGEST_NUMBER = 10**15 - 1
MOST_DIGITS = 15

# All rules of a language take four times as long as one of them.
RULES = "spellout-numbering"
RULES_OF = {"ko": "spellout-cardinal-sinokorean"}

# Where a long word may be divided: a soft hyphen or a space without width, which nobody sees.
UNSEEN = "\xad\u200b"

# In English, to answer who writes a language's name instead of its code.
LANGUAGES = {
    "af": "Afrikaans", "ak": "Akan", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani",
    "be": "Belarusian", "bg": "Bulgarian", "bs": "Bosnian", "ca": "Catalan", "ccp": "Chakma",
    "chr": "Cherokee", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German",
    "ee": "Ewe", "el": "Greek", "en": "English", "eo": "Esperanto", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "ff": "Fula", "fi": "Finnish", "fil": "Filipino",
    "fo": "Faroese", "fr": "French", "ga": "Irish", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "kl": "Kalaallisut",
    "km": "Khmer", "ko": "Korean", "ky": "Kyrgyz", "lb": "Luxembourgish", "lo": "Lao",
    "lrc": "Luri", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ms": "Malay",
    "mt": "Maltese", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "qu": "Quechua", "ro": "Romanian", "ru": "Russian",
    "se": "Sami", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian",
    "su": "Sundanese", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vec": "Venetian", "vi": "Vietnamese",
    "yue": "Cantonese", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip


@cache
def known_languages() -> tuple[str, ...]:
    """The codes of all languages that numbers can be spelled in, e.g. fr, pt_PT."""
    from unicode_rbnf import RbnfEngine

    return tuple(RbnfEngine.get_supported_languages())


def require_language(code: str) -> None:
    """ConfigError where the speller has no such language, with the nearest that it has."""
    known = known_languages()
    if code in known:
        return
    names = {name.lower(): c for c, name in LANGUAGES.items() if c in known}
    if named := names.get(code.strip().lower()):
        hint = f"{code.strip().capitalize()} is {named!r}"
    else:
        hint = _nearest(code, known, names)
    raise ConfigError(f"no numbers are spelled in {code!r}; {hint}")


def _nearest(code: str, known: tuple[str, ...], names: dict[str, str]) -> str:
    """The code that may have been meant, or what it belongs to: en-GB is en."""
    lower = {each.lower(): each for each in known}
    plain = code.strip().lower().replace("-", "_")
    found = lower.get(plain) or lower.get(plain.partition("_")[0])
    if found:
        return f"did you mean {found!r}?"
    if close := get_close_matches(plain, names, n=1):
        return f"did you mean {names[close[0]]!r}?"
    return nearest(plain, known)


def spelled(number: int, language: str) -> str:
    """A number from 0 to LARGEST_NUMBER in words; it may hold UNSEEN signs within a word.

    ConfigError where the language has no rule for it.
    """
    from unicode_rbnf.engine import RbnfError

    try:
        rules = RULES_OF.get(language, RULES)
        text = "".join(_engine(language).iter_format_number(number, ruleset_name=rules))
    except (RbnfError, RecursionError):
        raise ConfigError(f"there is no rule to spell {number:,} in {language!r}") from None
    return " ".join(text.split()).strip(UNSEEN)


@cache
def _engine(language: str) -> RbnfEngine:
    """The rules of a language, which take 10 ms to read."""
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language(language)


def speller_version() -> str:
    """Of the package that has the rules."""
    from importlib.metadata import version

    return version("unicode_rbnf")
