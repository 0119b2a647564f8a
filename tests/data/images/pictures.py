"""Pictures and folders of them, made for a test."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from structbench.data.own.files import files_at
from structbench.data.own.read import OwnGrids
from structbench.data.own.readers import kind_at, reader_of


def pixels(seed: int, *shape: int) -> NDArray[np.uint8]:
    """Chance."""
    return np.random.default_rng(seed).integers(0, 256, shape or (6, 8)).astype(np.uint8)


def encoded(values: NDArray[Any], form: str = "PNG", **options: Any) -> bytes:
    """A file of these values."""
    return saved(Image.fromarray(values), form, **options)


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """A file of this picture."""
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG of whatever its head says, as no library writes it."""
    head = np.array([width, height], ">u4").tobytes() + bytes([depth, colour, 0, 0, 0])
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)
        for name, content in chunks
    )


def put(path: Path, content: bytes) -> Path:
    """A file, with the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_classes(folder: Path, count: int = 6, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    """So many grey pictures of 8 × 6 of each class, in folders, all different."""
    for c, name in enumerate(classes):
        for i in range(count):
            put(folder / name / f"{i}.png", encoded(pixels(100 * c + i)))
    return folder


def read_images(path: Path, side: int | None = None) -> OwnGrids:
    """What the reader gives that is for what lies there."""
    files = files_at(path)
    assert kind_at(files) == "image"
    found = reader_of(files, "image").read(files, {"side": side})
    assert isinstance(found, OwnGrids)
    return found
