"""Labels as people write them, as numbers that count from 0."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.limits import MOST_CLASSES
from structbench.errors import DataError

# What a table's column of labels is called, in whatever letters; the first that is there.
LABEL_COLUMNS = ("label", "labels", "class", "target", "category", "y")
# Classes of signs that turn the direction of what follows.
TURNING = frozenset({"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
# Letters of a label; what is longer is a text, no class.
LONGEST = 200
WHOLE = re.compile(r"[+-]?[0-9]+")
# A whole number as numpy and others write it among numbers with a point.
POINTED = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?(e[+-]?[0-9]+)?", re.IGNORECASE)


def numbered(labels: Sequence[str], where: object) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """[n], and what the classes are called: in the order of numbers where all are, else of texts.

    where: they stand, for the message: DataError where one is empty or too long, or where they are
    of one class, or of too many
    """
    called = {label: _called(label, where) for label in dict.fromkeys(labels)}
    names = in_order(set(called.values()))
    if not names:
        raise DataError(f"{where}: there are no examples")
    if len(names) < 2:
        raise DataError(f"{where}: all examples are of one class, {names[0]!r}: nothing to tell")
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{where}: {len(names):,} different labels are more than {MOST_CLASSES:,}: "
            "are they classes?"
        )
    number = {name: i for i, name in enumerate(names)}
    of = {label: number[name] for label, name in called.items()}
    return np.array([of[label] for label in labels], np.int64), names


def _called(label: str, where: object) -> str:
    """One line, each letter written one way, nothing in it that a terminal obeys."""
    line = " ".join(unicodedata.normalize("NFC", label).split())
    if not line:
        raise DataError(f"{where}: a label is empty")
    if len(line) > LONGEST:
        raise DataError(
            f"{where}: a label of {len(line):,} letters, {line[:20]!r}…, is no name of a class"
        )
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_obeyed(c) else c for c in line)


def _is_obeyed(letter: str) -> bool:
    """Whether a terminal does not show it, but does something, such as to write backwards."""
    turns = unicodedata.bidirectional(letter) in TURNING
    return turns or unicodedata.category(letter) in ("Cc", "Cs")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Whole numbers rising, where all are; else as texts."""
    found = list(names)
    whole = all(WHOLE.fullmatch(name) for name in found)
    return tuple(sorted(found, key=(lambda name: (int(name), name)) if whole else None))


def whole(texts: Sequence[str]) -> list[str] | None:
    """Labels of a table that are whole numbers, however they are written: 3.0 is 3; else None."""
    found: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        if not POINTED.fullmatch(text) or len(text) > LONGEST:
            return None
        if not (value := float(text)).is_integer():
            return None
        found[text] = str(int(text if WHOLE.fullmatch(text) else value))
    return [found[text] for text in texts]


def texts_of(array: NDArray[Any], where: object) -> list[str]:
    """Labels [n], or [n, 1], of an archive as texts; DataError where they are none."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{where}: labels should be one row, not {list(array.shape)}")
    if array.dtype.kind == "f":
        if np.isnan(array).any():
            missing = int(np.flatnonzero(np.isnan(array))[0])
            raise DataError(f"{where}: label {missing} (from 0) is missing: NaN")
        # Beyond 2^53 not every whole number is there.
        if not ((array == np.floor(array)) & (np.abs(array) <= 2**53)).all():
            raise DataError(f"{where}: labels should be whole numbers or texts: they are measured")
        array = array.astype(np.int64)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    return [str(label) for label in array.tolist()]
