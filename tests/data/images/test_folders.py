"""Images in a folder for each class, as people have them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from structbench.data.own.parts import JOINED, VALIDATION_TESTED
from structbench.errors import DataError
from tests.data.images.pictures import encoded, pixels, put, put_classes, read_images


def test_a_folder_is_a_class_and_its_pictures_are_as_saved(tmp_path: Path) -> None:
    put_classes(tmp_path, 3, ("große Katze", "dog"))
    put(tmp_path / "dog" / "more" / "deep" / "Z.PNG", encoded(pixels(7)))
    put(tmp_path / ".DS_Store", b"x")
    read = read_images(tmp_path)
    assert read.classes == ("dog", "große Katze")
    assert read.labels.tolist() == [0] * 4 + [1] * 3
    assert read.grids.shape == (7, 1, 6, 8)
    assert read.grids.dtype == np.uint8
    assert (read.grids[3] == pixels(7)).all()
    assert (read.grids[4:, 0] == [pixels(i) for i in range(3)]).all()
    assert read.tested is None
    assert read.told == ()


def test_classes_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    put_classes(tmp_path, 1, ("10", "9", "1"))
    assert read_images(tmp_path).classes == ("1", "9", "10")


@pytest.mark.parametrize(
    ("parts", "tested", "told"),
    [
        (("train", "test"), ["test"], ()),
        (("Training", "TESTING"), ["TESTING"], ()),
        (("train", "val"), ["val"], (VALIDATION_TESTED,)),
        (("train", "valid", "test"), ["test"], (JOINED,)),
        (("train",), None, ()),
    ],
)
def test_parts(
    tmp_path: Path, parts: tuple[str, ...], tested: list[str] | None, told: tuple[str, ...]
) -> None:
    for i, part in enumerate(parts):
        put_classes(tmp_path / part, 2 + i)
    read = read_images(tmp_path)
    assert read.classes == ("cat", "dog")
    assert read.told == told
    # The files are read by name: parts in the order of the alphabet.
    of = [part for part in sorted(parts) for _ in range(2 * (2 + parts.index(part)))]
    assert len(read.labels) == len(of)
    if tested is None:
        assert read.tested is None
    else:
        assert read.tested is not None
        assert read.tested.tolist() == [part in tested for part in of]


def test_without_a_part_to_learn_from_they_are_classes(tmp_path: Path) -> None:
    put_classes(tmp_path, 2, ("test", "val"))
    assert read_images(tmp_path).classes == ("test", "val")


def test_other_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    put_classes(tmp_path)
    put(tmp_path / "cat" / "notes.txt", b"x")
    put(tmp_path / "README.md", b"x")
    put(tmp_path / "cover.png", b"x")
    assert read_images(tmp_path).told == ("files passed over: 3 (README.md, …)",)


def test_several_sizes_name_two_files_and_are_resized_where_asked(tmp_path: Path) -> None:
    put_classes(tmp_path)
    odd = put(tmp_path / "dog" / "odd.png", encoded(pixels(0, 9, 7)))
    with pytest.raises(DataError) as caught:
        read_images(tmp_path)
    assert str(caught.value) == (
        f"images of several sizes: {tmp_path / 'cat' / '0.png'} has 8 × 6 pixels, {odd} has 7 × 9; "
        "give the height and width to resize all to, e.g. --set data.side=64"
    )
    read = read_images(tmp_path, 5)
    assert read.grids.shape == (13, 1, 5, 5)
    assert read.resized
    assert read.told == ("images resized to 5 × 5, whatever their proportions: all 13",)
    odd.unlink()
    same = read_images(tmp_path, 5)
    assert same.grids.shape[2:] == (6, 8), "conditions come before the network's size"
    assert not same.resized


def test_colour_and_16_bits_come_late(tmp_path: Path) -> None:
    grey, deep = pixels(0), pixels(1).astype(np.uint16) * 16
    colour = pixels(2, 6, 8, 3)
    for name, values in (("a/1", grey), ("a/2", colour), ("b/3", deep), ("b/4", grey)):
        put(tmp_path / f"{name}.png", encoded(values))
    read = read_images(tmp_path)
    assert read.grids.shape == (4, 3, 6, 8)
    assert read.grids.dtype == np.float32
    bytes_ = np.stack([grey[None].repeat(3, 0), colour.transpose(2, 0, 1)])
    np.testing.assert_allclose(read.grids[:2], bytes_ / 255, atol=1e-7)
    np.testing.assert_allclose(read.grids[2], (deep / 65535)[None].repeat(3, 0), atol=1e-7)
    assert (read.grids[3] == read.grids[0]).all()
    assert read.told == (
        "images of 16 bits read as float32, divided by 65,535: 1 of 4",
        "images in grey read as colour, as others are: 3 of 4",
    )


def test_16_bits_of_which_12_are_used_fill_the_range(tmp_path: Path) -> None:
    deep = [pixels(i).astype(np.uint16) * 16 for i in range(2)]
    for name, values in zip("ab", deep, strict=True):
        put(tmp_path / name / "1.png", encoded(values))
    read = read_images(tmp_path)
    np.testing.assert_allclose(read.grids[:, 0], np.stack(deep) / 4095, atol=1e-7)
    assert read.told == ("images of 16 bits read as float32, divided by 4,095: 2 of 2",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cat/3.png", b"", "{root}/cat/3.png is empty"),
        ("cat/3.png", b"hello", "{root}/cat/3.png is no picture that can be read: PNG, "),
        ("cat/3.png", encoded(pixels(0))[:-40], "{root}/cat/3.png is damaged, or no picture: "),
        ("words/a.txt", b"hello", "{root}/words has no images (PNG, "),
        ("words/a.heic", b"hello", "{root}/words has no images (PNG, "),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    put(put_classes(tmp_path) / name, content)
    with pytest.raises(DataError, match="^" + re.escape(said.format(root=tmp_path))):
        read_images(tmp_path)


def test_a_folder_too_high_or_too_low_says_so(tmp_path: Path) -> None:
    put_classes(tmp_path / "flowers")
    with pytest.raises(DataError, match=f"one folder, flowers: name that: --data {tmp_path}/flow"):
        read_images(tmp_path)
    with pytest.raises(DataError, match=r"cat is none of: .*a folder of images for each class"):
        read_images(tmp_path / "flowers" / "cat")
    put(tmp_path / "only" / "cat" / "1.png", encoded(pixels(0)))
    put(tmp_path / "only" / "2.png", encoded(pixels(0)))
    with pytest.raises(DataError, match="all examples are of one class, 'cat'"):
        read_images(tmp_path / "only")


def test_a_test_part_without_classes_is_refused(tmp_path: Path) -> None:
    put_classes(tmp_path / "train")
    path = put(tmp_path / "test" / "1.png", encoded(pixels(0)))
    with pytest.raises(DataError, match=f"^{path} lies in no class's folder"):
        read_images(tmp_path)


def test_many_pictures_come_in_their_order(tmp_path: Path) -> None:
    """More than threads take at once."""
    for i in range(150):
        put(tmp_path / "ab"[i % 2] / f"{i:03d}.png", encoded(np.full((2, 2), i, np.uint8)))
    grids = read_images(tmp_path).grids
    assert grids[:, 0, 0, 0].tolist() == [*range(0, 150, 2), *range(1, 150, 2)]


def test_too_large_together_is_said_before_there_is_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_classes(tmp_path)
    monkeypatch.setattr("structbench.data.images.pictures.MOST_BYTES", 12 * 48)
    read_images(tmp_path)
    monkeypatch.setattr("structbench.data.images.pictures.MOST_BYTES", 12 * 48 - 1)
    with pytest.raises(DataError, match=r"12 images of 8 × 6 pixels have 576 bytes, more than 575"):
        read_images(tmp_path)


def test_too_large_to_be_resized_later_they_are_on_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_classes(tmp_path)
    assert read_images(tmp_path, 3).grids.shape == (12, 1, 6, 8)
    monkeypatch.setattr("structbench.data.images.pictures.MOST_UNRESIZED", 12 * 48 - 1)
    read = read_images(tmp_path, 3)
    assert read.grids.shape == (12, 1, 3, 3)
    assert read.resized
    assert not read_images(tmp_path).resized


def test_links_within_the_folder_are_followed(tmp_path: Path) -> None:
    put_classes(tmp_path, 2)
    os.symlink("cat", tmp_path / "kitten")
    assert read_images(tmp_path).classes == ("cat", "dog", "kitten")
