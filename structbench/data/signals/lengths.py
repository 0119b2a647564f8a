"""Signals of one's own, brought to one length."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.grids import Grids
from structbench.data.own.limits import MOST_BYTES, bytes_text
from structbench.errors import DataError

# Of what is looked at to say whether values are large or small.
SAMPLE = 1000
# What is said of so many signals, before the length they have now.
CUT, PADDED = "longer and cut to the first", "shorter and filled up with zeros to the length of"


class Even(NamedTuple):
    """signals: float32 [n, channels, length], all finite; told: what was done to them; changed:
    whether that was anything"""

    signals: Grids
    told: tuple[str, ...]
    changed: bool


def even(
    signals: Iterable[NDArray[Any]],
    count: int,
    length: int | None,
    place: Callable[[int], object],
) -> Even:
    """Signals in one array: cut behind, or zeros behind them, where a length is asked for.

    signals: `count` of them, each [channels, values]; place: number of a signal → where it is, for
    messages: DataError where they have several numbers of channels, or of values and no length is
    asked for, where values are not finite, and where all are too large together
    """
    found = np.empty((0, 0, 0), np.float32)
    first, cut, padded = (0, 0), 0, 0
    for i, signal in enumerate(signals):
        channels, values = signal.shape
        if not channels or not values:
            raise DataError(f"{place(i)} has no values")
        if i == 0:
            first = channels, values
            found = _room(count, channels, length or values, place(0))
        if channels != first[0]:
            raise DataError(
                f"{place(i)} has {_several(channels, 'channel')} and {place(0)} {first[0]:,}: "
                "they should have as many"
            )
        if length is None and values != first[1]:
            raise DataError(
                f"{place(i)} has {_several(values, 'value')} and {place(0)} {first[1]:,}: say to "
                "how many they are cut, or filled up with zeros, e.g. --set data.length="
                f"{max(values, first[1])}"
            )
        size = found.shape[2]
        with np.errstate(over="ignore", invalid="ignore"):  # not finite, and refused below
            found[i, :, :values] = signal[:, :size]
        cut, padded = cut + (values > size), padded + (values < size)
    _require_finite(found, place)
    told = [
        f"{number:,} of {count:,} signals are {what} {found.shape[2]:,} values"
        for number, what in ((cut, CUT), (padded, PADDED))
        if number
    ]
    return Even(found, (*told, *_scale(found)), bool(cut or padded))


def _room(count: int, channels: int, length: int, first: object) -> Grids:
    """Zeros for all of them."""
    size = 4 * count * channels * length
    if size > MOST_BYTES:
        raise DataError(
            f"{first}: {count:,} signals of {channels:,}×{length:,} values take "
            f"{bytes_text(size)}, more than {bytes_text(MOST_BYTES)}; cut them: --set data.length=N"
        )
    return np.zeros((count, channels, length), np.float32)


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _require_finite(signals: Grids, place: Callable[[int], object]) -> None:
    for start in range(0, len(signals), SAMPLE):
        finite = np.isfinite(signals[start : start + SAMPLE]).all(axis=(1, 2))
        if not finite.all():
            which = start + int(finite.argmin())
            raise DataError(
                f"{place(which)} has a value that is missing or not finite (NaN, or beyond the "
                "largest float32)"
            )


def _scale(signals: Grids) -> tuple[str, ...]:
    """Whether values are far from what networks learn from best."""
    spread = float(signals[:: -(-len(signals) // SAMPLE)].astype(np.float64).std())
    if spread == 0 or 0.01 <= spread <= 100:
        return ()
    return (
        f"the values of signals have a standard deviation of {spread:.3g}, and are taken as they "
        "are; networks learn best from values near 1",
    )
