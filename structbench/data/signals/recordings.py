"""Signals of one's own as recordings: a folder of WAV files for each class."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.grids import Grids
from structbench.data.own.class_folders import classed
from structbench.data.own.files import Files
from structbench.data.own.read import OwnGrids
from structbench.data.own.watched import watched
from structbench.data.signals.lengths import even
from structbench.errors import DataError

# A head that says so was written before its file was complete.
UNKNOWN_SIZE = 2**32 - 1


def is_recording(name: str) -> bool:
    """Whether a file's name ends as those of recordings do."""
    return name.lower().endswith((".wav", ".wave"))


def sees_recordings(files: Files) -> bool:
    """Recordings in folders."""
    return any("/" in name and is_recording(name) for name in files.names)


def read_recordings(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """How they lie: see `classed`. A channel of a recording is one of the signal; for its values
    see `read_wav`.

    options: `length`, to which they are cut or filled up
    """
    names, labels, classes, tested, told = classed(files, is_recording, "recordings", "WAV")
    signals, length = _signals(files, names), options.get("length")
    found = even(signals, len(names), length, lambda i: files.place(names[i]))
    told = (*told, *found.told)
    return OwnGrids(found.signals, labels, classes, tested, told, found.changed)


def _signals(files: Files, names: list[str]) -> Iterator[Grids]:
    """One after the other; DataError where they have several rates."""
    first = 0
    for name in watched(names, len(names), "reading recordings"):
        rate, signal = read_wav(files.content(name), files.place(name))
        first = first or rate
        if rate != first:
            raise DataError(
                f"{files.place(name)} has {rate:,} samples a second and {files.place(names[0])} "
                f"{first:,}: bring all to one rate"
            )
        yield signal


def read_wav(content: bytes, where: object) -> tuple[int, Grids]:
    """Samples a second, and the samples: float32 [channels, samples].

    Whole numbers of 8, 16, 24 or 32 bits become numbers from −1 to 1; floating-point numbers stay
    as they are. DataError where the file is damaged, cut off, or packed in another way.
    """
    from scipy.io import wavfile

    if content[:4] == b"RIFF" and len(content) >= 8:
        (size,) = struct.unpack("<I", content[4:8])
        if size != UNKNOWN_SIZE and size + 8 > len(content):
            raise DataError(
                f"{where} is cut off: it has {len(content):,} bytes, and its head says {size + 8:,}"
            )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # parts that it does not know, such as a title
            rate, samples = wavfile.read(BytesIO(content))
        return int(rate), _scaled(samples.T if samples.ndim == 2 else samples[None])
    except Exception as error:  # a damaged file may raise anything
        told = f": {error}" if isinstance(error, ValueError) else ""
        raise DataError(f"{where} is damaged, or no WAV that can be read{told}") from None


def _scaled(samples: NDArray[Any]) -> Grids:
    """[channels, samples]"""
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):  # not finite, and refused later
            return samples.astype(np.float32)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / np.float32(128)
    if samples.dtype.kind != "i":
        raise ValueError(f"its samples are {samples.dtype}")
    # 24 bits come as the upper ones of 32. In place: recordings may be long.
    scaled = samples.astype(np.float32)
    scaled /= np.float32(2 ** (8 * samples.dtype.itemsize - 1))
    return scaled
