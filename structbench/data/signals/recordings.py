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
from structbench.data.own.files import Files, called
from structbench.data.own.labels import numbered
from structbench.data.own.parts import part_of, tested_part
from structbench.data.own.read import OwnGrids
from structbench.data.own.watched import watched
from structbench.data.signals.lengths import even
from structbench.errors import DataError

# A head that says so was written before its file was complete.
UNKNOWN_SIZE = 2**32 - 1


def sees_recordings(files: Files) -> bool:
    """Folders with files that end in .wav."""
    return files.only is None and any("/" in name for name in _recordings(files))


def _recordings(files: Files) -> list[str]:
    return [name for name in files.names if name.lower().endswith((".wav", ".wave"))]


def read_recordings(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """A folder of each class, whose name is the class's; they may lie in folders of parts, as
    train/ and test/ (see PARTS). Below a class's folder recordings lie however deep. A channel of a
    recording is one of the signal; for its values see `read_wav`.

    options: `length`, to which they are cut or filled up
    """
    names = _recordings(files)
    folders = [name.split("/")[:-1] for name in names]
    parts = [part_of(above[0]) if above else None for above in folders]
    parted = None not in parts and "train" in parts
    for name, above in zip(names, folders, strict=True):
        if len(above) < 1 + parted:
            raise DataError(f"{files.place(name)} lies in no folder of a class")
    classes = [called(above[parted]) for above in folders]
    if len({*classes}) == 1 and all(len(above) > 1 for above in folders) and not parted:
        inner = files.place(folders[0][0])
        raise DataError(
            f"{files.path}: all recordings lie in one folder: name that: --data {inner}"
        )
    numbers, known = numbered(classes, files.path)
    part, said = tested_part(set(parts)) if parted else (None, ())
    found = even(
        _signals(files, names), len(names), options.get("length"), lambda i: files.place(names[i])
    )
    others = len(files.names) - len(names)
    left = (f"files that are no .wav, and passed over: {others:,}",) * bool(others)
    tested = np.array([of == part for of in parts]) if part else None
    told = (*said, *left, *found.told)
    return OwnGrids(found.signals, numbers, known, tested, told, found.changed)


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
