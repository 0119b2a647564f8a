"""Labels as people write them, as numbers that count from 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.limits import MOST_CLASSES
from structbench.errors import DataError


def numbered(labels: Sequence[str], where: object) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """[n], and what the classes are called: in the order of numbers where all are, else of texts.

    where: they stand, for the message: DataError where they are of one class, or of too many
    """
    names = in_order(set(labels))
    if len(names) < 2:
        raise DataError(f"{where}: all examples are of one class, {names[0]!r}: nothing to tell")
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{where}: {len(names):,} different labels are more than {MOST_CLASSES:,}: "
            "are they classes?"
        )
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[label] for label in labels], np.int64), names


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Whole numbers rising, where all are; else as texts."""
    found = list(names)
    whole = all(name.lstrip("-").isdecimal() for name in found)
    return tuple(sorted(found, key=(lambda name: (int(name), name)) if whole else None))


def texts_of(array: NDArray[Any], where: object) -> list[str]:
    """Labels [n] of an archive as texts; DataError where they are none."""
    if array.ndim != 1:
        raise DataError(f"{where}: labels should be one row, not {list(array.shape)}")
    if array.dtype.kind == "f":
        if not (array == np.floor(array)).all():
            raise DataError(f"{where}: labels should be whole numbers or texts: they are measured")
        array = array.astype(np.int64)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    return [str(label) for label in array.tolist()]
