"""A picture in a file, of whatever format people have, as grey or colour values.

Pillow decodes. What is asked of it is a literal list of formats, and of each file a picture of
bounded size: a stranger's file must not choose a decoder, nor fill the memory.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.limits import MOST_PIXELS
from structbench.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

# Names of Pillow, and how the names of such files end. PPM: of whichever map, PBM to PNM.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
ENDINGS = frozenset(ending for endings in FORMATS.values() for ending in endings)
FORMATS_TEXT = ", ".join(FORMATS)

# What may have been done to a picture and is to be known of it, by what it was.
ORIENTED = "turned upright, as their EXIF orientation says"
PALETTE = "read as the colours that their palettes name"
TRANSPARENT = "drawn on white, where they are transparent"
FIRST = "read as the first of several pictures in one file"
OTHER_COLOURS = "converted to red, green and blue"
DEEP = "of 16 bits read as float32"
CUT = "read as the upper 8 of 16 bits, as they have colours or are transparent"

# EXIF's orientation, by the value of its tag → what Pillow calls that which undoes it.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip
_SILENT = logging.NullHandler()
# Of 16 bits.
WHITE = 2**16 - 1


@dataclass(frozen=True, eq=False)
class Picture:
    """values: [channels, height, width], 1 or 3 channels, bytes, or uint16 where it has 16 bits
    told: what was done to it, of the sentences above
    """

    values: NDArray[Any]
    told: tuple[str, ...] = ()


def is_picture(name: str) -> bool:
    """Whether a file is one by the end of its name."""
    return PurePosixPath(name).suffix.lower() in ENDINGS


@contextmanager
def no_warnings() -> Iterator[None]:
    """Around `picture_of`, outside of all threads, which share what is done with warnings: Pillow
    warns and logs what is refused or told here."""
    # Without a handler, logging writes to stderr.
    logging.getLogger("PIL").addHandler(_SILENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def picture_of(content: bytes, where: object, side: int | None = None) -> Picture:
    """The picture in the content of a file, of [side, side] where that is given; DataError, which
    names it, where there is none, it is damaged, or too large."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content), formats=tuple(FORMATS)) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Image.DecompressionBombError
            if side:
                # JPEG unpacks to no more than twice that: of 3 million pixels 4 ms, not 56.
                image.draft("", (2 * side, 2 * side))
            found = _read(image, where)
            return Picture(resized(found.values, side), found.told) if side else found
    except DataError:
        raise
    except UnidentifiedImageError:
        what = "is empty" if not content else f"is no picture that can be read: {FORMATS_TEXT}"
        raise DataError(f"{where} {what}") from None
    except Image.DecompressionBombError:
        raise DataError(f"{where} has more than {MOST_PIXELS:,} pixels") from None
    except Exception as error:  # a damaged picture may raise anything
        told = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{where} is damaged, or no picture: {told}") from None


def _read(image: Image, where: object) -> Picture:
    told = []
    if getattr(image, "is_animated", False):
        told.append(FIRST)
        image.seek(0)
    if image.mode[0] not in "IF" and ";16" in str(getattr(image, "tile", "")):
        told.append(CUT)
    before = _orientation(image)
    image.load()
    if before in _UPRIGHT:
        told.append(ORIENTED)
    # Pillow has done it itself where the picture says no longer how it lies.
    plain = _plain(_upright(image) if _orientation(image) in _UPRIGHT else image, told)
    values = _deep(plain, where) if plain.mode[0] in "IF" else np.asarray(plain)
    values = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    return Picture(values, tuple(told))


def _orientation(image: Image) -> int:
    """1, upright, where it cannot be read."""
    found = 1
    with suppress(Exception):  # damaged EXIF says nothing of the picture itself
        found = int(image.getexif().get(_ORIENTATION, 1))
    return found


def _upright(image: Image) -> Image:
    from PIL import Image as Pillow

    return image.transpose(Pillow.Transpose[_UPRIGHT[_orientation(image)]])


def _plain(image: Image, told: list[str]) -> Image:
    """Grey, or red, green and blue, of bytes; or grey with 16 bits or more, as it is."""
    if image.mode[0] in "IF":
        told.append(DEEP)
        return image
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    grey = image.mode in ("1", "L", "LA", "La")
    if image.mode in ("P", "PA"):
        told.append(PALETTE)
        grey = _is_grey(image)
    elif image.mode not in ("RGB", "RGBA", "RGBa", "RGBX") and not grey:
        told.append(OTHER_COLOURS)
    if image.has_transparency_data:
        image = _on_white(image.convert("RGBA"), told)
    return image.convert("L" if grey else "RGB")


def _is_grey(image: Image) -> bool:
    """Whether the colours of a picture with a palette are all grey."""
    red, green, blue = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    return bool((red == green).all() and (green == blue).all())


def _on_white(image: Image, told: list[str]) -> Image:
    from PIL import Image as Pillow

    if np.asarray(image.getchannel("A")).min() == 255:
        return image
    told.append(TRANSPARENT)
    return Pillow.alpha_composite(Pillow.new("RGBA", image.size, "white"), image)


def _deep(image: Image, where: object) -> NDArray[np.uint16]:
    """DataError where it is not known which value is white."""
    values: NDArray[Any] = np.asarray(image)
    if image.mode == "F" and np.isfinite(values).all() and 0 <= values.min() <= values.max() <= 1:
        return np.rint(values * np.float64(WHITE)).astype(np.uint16)
    if image.mode == "F" or values.min() < 0 or values.max() > WHITE:
        raise DataError(
            f"{where} has 32 bits, and no known value is white: save it with 8 or 16 bits"
        )
    return values.astype(np.uint16)


def resized(values: NDArray[Any], side: int) -> NDArray[Any]:
    """A picture's values at another size, [channels, side, side]; its proportions are not kept."""
    from PIL import Image as Pillow

    if values.shape[1:] == (side, side):
        return values
    if values.dtype == np.uint8:
        return np.stack([_plane(Pillow.fromarray(plane), side) for plane in values.copy()])
    planes = [_plane(Pillow.fromarray(plane.astype(np.float32)), side) for plane in values]
    found: NDArray[np.uint16] = np.rint(np.stack(planes)).astype(np.uint16)
    return found


def _plane(image: Image, side: int) -> NDArray[Any]:
    from PIL import Image as Pillow

    return np.asarray(image.resize((side, side), Pillow.Resampling.BILINEAR))
