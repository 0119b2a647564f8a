"""Signals of one's own in an archive of numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.grids import Grids
from structbench.data.own.archive import arrays_of, keys_of, only_archive
from structbench.data.own.files import Files
from structbench.data.own.labels import numbered, texts_of
from structbench.data.own.read import OwnGrids
from structbench.data.signals.lengths import even
from structbench.errors import DataError

# What arrays are called: signals and labels to learn from, and those to test on. The second row is
# that of MNIST-1D.
KEYS = (("signals", "labels", "test_signals", "test_labels"), ("x", "y", "x_test", "y_test"))


def sees_archive(files: Files) -> bool:
    """One .npz with arrays `signals` and `labels`, or `x` and `y` and none that has another name:
    graphs have such, too."""
    there, (named, short) = only_archive(files), KEYS
    return there.issuperset(named[:2]) or set(short[:2]) <= there <= set(short)


def read_archive(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """Signals [n, length] or [n, channels, length], of numbers, which are taken as they are.

    options: `length`, to which they are cut or filled up
    """
    name, where = files.names[0], files.place(files.names[0])
    there = set(keys_of(files, name))
    keys = next(keys for keys in KEYS if there.issuperset(keys[:2]))
    missing = [key for key in keys[2:] if key not in there]
    if len(missing) == 1:
        raise DataError(f"{where} has a part to test on, but no array {missing[0]} of it")
    arrays = arrays_of(files, name, keys)
    signals, labels = [], []
    for of_signals, of_labels in (keys[:2], keys[2:])[: 2 - bool(missing)]:
        signals.append(_signals(arrays[of_signals], f"{where}: {of_signals}"))
        labels.append(texts_of(arrays[of_labels], f"{where}: {of_labels}"))
        if len(signals[-1]) != len(labels[-1]):
            counts = f"{len(labels[-1]):,} {of_labels} for {len(signals[-1]):,} {of_signals}"
            raise DataError(f"{where}: {counts}")
    numbers, classes = numbered([label for part in labels for label in part], where)
    learned = len(labels[0])

    def place(i: int) -> str:
        return f"{where}: {keys[0]}[{i}]" if i < learned else f"{where}: {keys[2]}[{i - learned}]"

    every = (signal for part in signals for signal in part)
    found = even(every, len(numbers), options.get("length"), place)
    tested = None if missing else np.arange(len(numbers)) >= learned
    told = (*found.told, *_turned(found.signals))
    return OwnGrids(found.signals, numbers, classes, tested, told, found.changed)


def _signals(array: NDArray[Any], where: str) -> NDArray[Any]:
    """[n, channels, length]"""
    if array.dtype.kind not in "biuf":
        raise DataError(f"{where} holds texts, no numbers")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise DataError(
            f"{where} is {list(array.shape)}: signals are [examples, length] or "
            "[examples, channels, length]"
        )
    return array[:, None] if array.ndim == 2 else array


def _turned(signals: Grids) -> tuple[str, ...]:
    """Whether the last two axes may have been taken for each other."""
    _, channels, length = signals.shape
    if channels < length or channels == 1:
        return ()
    return (
        f"signals have {channels:,} channels of {length:,} values; where it should be {length:,} "
        "channels, exchange the last two axes of the array",
    )
