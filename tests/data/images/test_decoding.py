"""One picture in a file."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from structbench.data.images.decoding import (
    CUT,
    DEEP,
    FIRST,
    FORMATS,
    ORIENTED,
    OTHER_COLOURS,
    PALETTE,
    TRANSPARENT,
    no_warnings,
    picture_of,
    resized,
)
from structbench.errors import DataError
from tests.data.images.pictures import encoded, pixels, raw_png, saved

GREY, COLOUR = pixels(0), pixels(1, 6, 8, 3)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "JPEG"])
@pytest.mark.parametrize("values", [GREY, COLOUR])
def test_formats_without_loss_give_what_wassaved(form: str, values: Any) -> None:
    if form == "GIF" and values.ndim == 3:
        values = values // 255 * 255  # a palette has 256 colours
    options = {"lossless": True} if form == "WEBP" else {}
    picture = picture_of(encoded(values, form, **options), "x")
    whole = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    # WEBP has colours only.
    assert picture.values.shape == ((3, 6, 8) if form == "WEBP" else whole.shape)
    assert (picture.values == whole).all()
    assert picture.values.dtype == np.uint8


def test_jpeg_is_read_as_pillow_does() -> None:
    picture = picture_of(encoded(COLOUR, "JPEG", quality=95), "x")
    assert picture.values.shape == (3, 6, 8)
    assert picture.told == ()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_a_picture_upright(form: str, orientation: int) -> None:
    # Upright, white is at the top left and black beside and below it.
    upright = np.zeros((32, 64), np.uint8)
    upright[:16, :16] = 255
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.T, 6: np.rot90(upright), 7: upright[::-1, ::-1].T, 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = picture_of(encoded(np.ascontiguousarray(stored), form, exif=exif), "x")
    assert ((picture.values > 127) == (upright > 127)).all()
    assert (ORIENTED in picture.told) == (orientation > 1)


def test_a_palette_is_read_as_its_colours() -> None:
    values = np.where(COLOUR > 127, 255, 0).astype(np.uint8)
    content = saved(Image.fromarray(values).quantize(8))
    picture = picture_of(content, "x")
    assert (picture.values == values.transpose(2, 0, 1)).all()
    assert picture.told == (PALETTE,)
    grey = picture_of(saved(Image.fromarray(GREY).convert("P")), "x")
    assert (grey.values == GREY).all()
    assert grey.values.shape[0] == 1


@pytest.mark.parametrize("grey", [True, False])
def test_transparent_places_are_white(grey: bool) -> None:
    alpha = np.full(GREY.shape, 255, np.uint8)
    alpha[2, 3] = 0
    values = GREY[..., None] if grey else COLOUR
    whole = np.concatenate([values, alpha[..., None]], axis=2)
    picture = picture_of(encoded(whole), "x")
    assert picture.told == (TRANSPARENT,)
    assert len(picture.values) == (1 if grey else 3)
    assert (picture.values[:, 2, 3] == 255).all()
    others = np.ones(GREY.shape, bool)
    others[2, 3] = False
    assert (picture.values[:, others] == values.transpose(2, 0, 1)[:, others]).all()
    whole[..., -1] = 255
    assert picture_of(encoded(whole), "x").told == ()


def test_a_colour_that_stands_for_transparent_is_white() -> None:
    values = np.full((4, 4), 7, np.uint8)
    values[0, 0] = 9
    picture = picture_of(saved(Image.fromarray(values), transparency=9), "x")
    assert picture.values[0, 0, 0] == 255
    assert (picture.values[0].reshape(-1)[1:] == 7).all()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_16_bits_are_kept(form: str) -> None:
    values = np.random.default_rng(0).integers(0, 2**16, (5, 4)).astype(np.uint16)
    picture = picture_of(encoded(values, form), "x")
    assert picture.values.dtype == np.uint16
    assert (picture.values == values).all()
    assert picture.told == (DEEP,)


def test_fractions_are_16_bits_and_other_numbers_are_refused() -> None:
    fractions = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    picture = picture_of(encoded(fractions, "TIFF"), "x")
    assert (picture.values == np.rint(fractions * 65535.0)).all()
    for values in (
        fractions * 2,
        fractions - 1,
        fractions * np.nan,
        np.full((2, 2), 2**20, np.int32),
    ):
        with pytest.raises(DataError, match=r"^x has 32 bits, and no known value is white"):
            picture_of(encoded(values, "TIFF"), "x")


def test_colour_of_16_bits_keeps_the_upper_8() -> None:
    values = np.random.default_rng(0).integers(0, 2**16, (3, 2, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    picture = picture_of(raw_png(2, 3, 16, 2, rows), "x")
    assert (picture.values == values.transpose(2, 0, 1) >> 8).all()
    assert picture.told == (CUT,)


def test_other_colours_are_converted_and_bits_are_black_and_white() -> None:
    picture = picture_of(saved(Image.fromarray(COLOUR).convert("CMYK"), "JPEG"), "x")
    assert picture.values.shape == (3, 6, 8)
    assert picture.told == (OTHER_COLOURS,)
    bits = picture_of(encoded(GREY > 99), "x")
    assert (bits.values == np.where(GREY > 99, 255, 0)).all()


@pytest.mark.parametrize("form", ["GIF", "TIFF"])
def test_of_several_pictures_the_first_is_read(form: str) -> None:
    content = saved(
        Image.fromarray(GREY), form, save_all=True, append_images=[Image.fromarray(255 - GREY)]
    )
    picture = picture_of(content, "x")
    assert (picture.values == GREY).all()
    assert FIRST in picture.told


def test_what_is_no_picture_is_named() -> None:
    whole = encoded(GREY)
    for content, said in (
        (b"", "x is empty"),
        (b"hello", "x is no picture that can be read: PNG, JPEG"),
        (whole[:-40], "x is damaged, or no picture: "),
        # What Pillow would read, but nobody asks for: an icon, a picture for printing.
        (saved(Image.fromarray(COLOUR), "ICO"), "x is no picture that can be read"),
        (saved(Image.fromarray(COLOUR), "EPS"), "x is no picture that can be read"),
    ):
        with pytest.raises(DataError, match=f"^{re.escape(said)}"):
            picture_of(content, "x")


@pytest.mark.parametrize("side", [9_000, 20_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    content = raw_png(side, side, 8, 0, bytes(9))
    with no_warnings(), pytest.raises(DataError, match=r"^x has more than 67,108,864 pixels$"):
        picture_of(content, "x")


SAVED = [
    encoded(GREY), encoded(COLOUR), encoded(COLOUR, "JPEG"), encoded(COLOUR, "GIF"),
    encoded(COLOUR, "TIFF", compression="tiff_lzw"), encoded(COLOUR, "WEBP"),
    encoded(COLOUR, "BMP"), encoded(COLOUR, "PPM"), encoded(GREY.astype(np.uint16), "PNG"),
    saved(Image.fromarray(COLOUR).quantize(5)),
]  # fmt: skip


@given(
    st.sampled_from(SAVED),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=4),
    st.integers(0, 2000) | st.none(),
    st.binary(max_size=20),
)
def test_damage_is_an_error_of_the_data_or_a_picture(
    content: bytes, flips: list[tuple[int, int]], cut: int | None, more: bytes
) -> None:
    damaged = bytearray(content)
    for place, bits in flips:
        damaged[place % len(damaged)] ^= bits
    damaged = damaged[: cut if cut is None else cut % len(damaged)] + more
    said, picture = "", None
    try:
        with no_warnings():
            picture = picture_of(bytes(damaged), "x")
    except DataError as error:
        said = str(error)
    if picture is None:
        assert said.startswith("x ")
        assert "\n" not in said
    else:
        assert picture.values.dtype in (np.uint8, np.uint16)
        assert picture.values.ndim == 3
        assert picture.values.shape[0] in (1, 3)


def test_resizing_keeps_what_is_even_and_16_bits() -> None:
    for values in (np.full((3, 9, 7), 201, np.uint8), np.full((1, 4, 7), 50_001, np.uint16)):
        small = resized(values, 5)
        assert small.shape == (len(values), 5, 5)
        assert small.dtype == values.dtype
        assert (small == values[0, 0, 0]).all()
    halves = np.zeros((1, 4, 8), np.uint8)
    halves[..., 4:] = 200
    assert resized(halves, 4)[0, :, [0, 3]].tolist() == [[0] * 4, [200] * 4]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photograph_is_resized_as_if_it_were_unpacked_whole(orientation: int) -> None:
    y, x = np.mgrid[:400, :600]
    waves = np.stack([np.sin(x / 30), np.cos(y / 40), np.sin((x + y) / 50)], axis=-1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(((waves + 1) * 127).astype(np.uint8), "JPEG", quality=95, exif=exif)
    picture, whole = picture_of(content, "x", 32), picture_of(content, "x")
    assert picture.told == whole.told
    assert whole.values.shape == (3, *((400, 600) if orientation == 1 else (600, 400)))
    differs = picture.values.astype(int) - resized(whole.values, 32)
    assert abs(differs).max() <= 6
    assert abs(differs).mean() < 1
