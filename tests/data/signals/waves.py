"""Signals as people have them: files made for a test, and what is read of them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.places import files_of, open_data
from structbench.data.own.read import OwnGrids
from structbench.data.own.readers import kind_at, reader_of


def read(path: Path, **options: Any) -> OwnGrids:
    """What is read there as signals."""
    files = files_of(open_data(path))
    assert kind_at(files) == "signal"
    found = reader_of(files, "signal").read(files, options)
    assert isinstance(found, OwnGrids)
    return found


def waves(count: int = 12, length: int = 16) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """So many signals [count, length], no two alike, and what they are: 0 or 1 by turns."""
    rng, kinds = np.random.default_rng(0), np.arange(count) % 2
    phases = 2 * np.pi * (rng.random((count, 1)) + 3 * np.arange(length) / length)
    sines = np.where(kinds[:, None], np.sign(np.sin(phases)), np.sin(phases))
    return (sines + 0.1 * rng.standard_normal((count, length))).astype(np.float32), kinds


def wav(samples: NDArray[Any], rate: int = 8000, bits: int = 16, extensible: bool = False) -> bytes:
    """A WAV of samples [n] or [n, channels] from −1 to 1, written from its specification."""
    rows = samples if samples.ndim == 2 else samples[:, None]
    if bits < 0:  # floating-point numbers
        data, code = rows.astype(f"<f{-bits // 8}").tobytes(), 3
    elif bits == 8:
        data, code = np.round(rows * 127 + 128).astype(np.uint8).tobytes(), 1
    else:
        whole = np.round(rows.astype(float) * (2 ** (bits - 1) - 1)).astype("<i4").reshape(-1, 1)
        data, code = whole.view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes(), 1
    width, channels = abs(bits) // 8, rows.shape[1]
    block = channels * width
    form = struct.pack("<HIIHH", channels, rate, rate * block, block, 8 * width)
    if extensible:
        rest = bytes.fromhex("0000 0000 1000 8000 00aa 0038 9b71")
        form = (
            struct.pack("<H", 0xFFFE) + form + struct.pack("<HHIH", 22, 8 * width, 0, code) + rest
        )
    else:
        form = struct.pack("<H", code) + form
    title = b"LIST" + struct.pack("<I", 4) + b"INFO"
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + title
    body += b"data" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def recorded(folder: Path, name: str, content: bytes) -> Path:
    """A file in a folder, which is made where it is missing."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
