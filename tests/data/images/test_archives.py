"""Images as arrays: archives of numpy, and files as MNIST's."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.own.parts import JOINED, VALIDATION_TESTED
from structbench.errors import DataError
from tests.data.images.pictures import pixels, put, read_images

IMAGES, LABELS = pixels(0, 6, 5, 4), np.array([3, 1, 1, 3, 2, 1])


def archive(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def idx(array: Any) -> bytes:
    values = np.asarray(array, np.uint8)
    return (
        bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()
    )


@pytest.mark.parametrize(
    ("keys", "tested", "told"),
    [
        (["images", "labels"], None, ()),
        (["images", "labels", "test_images", "test_labels"], [0, 1], ()),
        (["x_train", "y_train", "x_test", "y_test"], [0, 1], ()),
        (["train_images", "train_labels", "val_images", "val_labels", "test_images",
          "test_labels"], [0, 0, 1], (JOINED,)),
        (["x_train", "y_train", "x_val", "y_val"], [0, 1], (VALIDATION_TESTED,)),
    ],
)  # fmt: skip
def test_arrays_by_their_names(
    tmp_path: Path, keys: list[str], tested: list[int] | None, told: tuple[str, ...]
) -> None:
    arrays: dict[str, Any] = {}
    for i, (images, labels) in enumerate(zip(keys[::2], keys[1::2], strict=True)):
        arrays |= {images: IMAGES + np.uint8(i), labels: LABELS[:, None]}
    read = read_images(archive(tmp_path / "a.npz", other=np.arange(3), **arrays))
    assert read.classes == ("1", "2", "3")
    parts = len(keys) // 2
    assert read.labels.tolist() == [2, 0, 0, 2, 1, 0] * parts
    assert (read.grids[:, 0] == np.concatenate([IMAGES + np.uint8(i) for i in range(parts)])).all()
    assert (None if read.tested is None else read.tested[::6].tolist()) == tested
    assert read.told == told


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (pixels(0, 3, 5, 4), (1, 5, 4)),
        (pixels(0, 3, 5, 4, 1), (1, 5, 4)),
        (pixels(0, 3, 5, 4, 3), (3, 5, 4)),
        (pixels(0, 3, 3, 5, 4), (3, 5, 4)),
        (np.asfortranarray(pixels(0, 3, 5, 4, 3)), (3, 5, 4)),
    ],
)
def test_channels_first_or_last(tmp_path: Path, images: Any, shape: tuple[int, ...]) -> None:
    grids = read_images(archive(tmp_path / "a.npz", images=images, labels=[0, 1, 1])).grids
    assert grids.shape[1:] == shape
    assert (grids.sum((1, 2, 3)) == images.reshape(3, -1).sum(1)).all()


@pytest.mark.parametrize(
    ("images", "expected", "told"),
    [
        (IMAGES > 99, np.where(IMAGES > 99, 255, 0).astype(np.uint8), ()),
        (IMAGES / 255, (IMAGES / 255).astype(np.float32), ()),
        (IMAGES.astype(np.float64), IMAGES, ()),
        (IMAGES.astype(np.int64), IMAGES, ()),
        (IMAGES.astype(">u2") * 16, IMAGES.astype(np.float32) * 16 / 4095,
         ("images of 16 bits read as float32, divided by 4,095",)),
    ],
)  # fmt: skip
def test_values_as_people_have_them(
    tmp_path: Path, images: Any, expected: Any, told: tuple[str, ...]
) -> None:
    read = read_images(archive(tmp_path / "a.npz", images=images, labels=LABELS))
    assert read.grids.dtype == expected.dtype
    np.testing.assert_allclose(read.grids[:, 0], expected, rtol=1e-6)
    assert read.told == told


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": IMAGES[:5]}, "6 labels for 5 images"),
        ({"images": IMAGES[:, :0]}, "neither grey nor colour"),
        ({"images": pixels(0, 6, 5, 4, 2)}, "images of shape [6, 5, 4, 2] are neither grey nor"),
        ({"images": IMAGES - 1.0}, "values of images from -1 to 254: they should be bytes"),
        ({"images": IMAGES + 0.5}, "values of images from 0.5 to 255.5"),
        ({"images": IMAGES * np.nan}, "images have values that are no numbers"),
        ({"images": IMAGES.astype("S3")}, "images are numbers, not |S3"),
        ({"images": np.array([{}] * 6, object)}, "images holds objects of Python"),
        ({"labels": np.array(3)}, "labels should be one row, not []"),
        ({"labels": np.zeros((6, 2))}, "labels should be one row, not [6, 2]"),
        ({"labels": np.zeros(6)}, "all examples are of one class"),
        ({"test_images": IMAGES[:, :4], "test_labels": LABELS}, "test images are 1×4×4, and those "
         "to learn from 1×5×4"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_the_file(tmp_path: Path, arrays: Any, said: str) -> None:
    path = archive(tmp_path / "a.npz", **{"images": IMAGES, "labels": LABELS, **arrays})
    with pytest.raises(DataError, match=f"^{path}: .*{re.escape(said)}"):
        read_images(path)


def test_an_archive_that_nobody_knows_says_what_it_has(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", pictures=IMAGES, names=LABELS)
    with pytest.raises(
        DataError, match=r"a\.npz is none of: .*; its arrays are called pictures, na"
    ):
        read_images(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"a\.npz is damaged, or no archive of numpy$"):
        read_images(path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["train-images-idx3-ubyte", "train-labels-idx1-ubyte"], 1),
        (["images-idx3-ubyte", "labels-idx1-ubyte"], 1),
        (["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte"], 2),
        (["raw/train-images.idx3-ubyte", "raw/train-labels.idx1-ubyte",
          "raw/my-test-images.idx3-ubyte", "raw/my-test-labels.idx1-ubyte"], 2),
    ],
)  # fmt: skip
def test_idx_files(tmp_path: Path, names: list[str], parts: int, packed: bool) -> None:
    for i, name in enumerate(names):
        content = idx(LABELS if i % 2 else IMAGES + np.uint8(i))
        put(tmp_path / (name + ".gz" * packed), gzip.compress(content) if packed else content)
    put(tmp_path / "mapping.txt", b"x")
    read = read_images(tmp_path)
    assert read.classes == ("1", "2", "3"), "labels from 1 too"
    assert (read.grids[:6, 0] == IMAGES).all()
    assert read.labels.tolist() == [2, 0, 0, 2, 1, 0] * parts
    assert (None if read.tested is None else read.tested[::6].tolist()) == [None, [0, 1]][parts - 1]
    assert read.told == ("files passed over: 1 (mapping.txt)",)


def test_an_unpacked_file_goes_before_the_gzipped_one(tmp_path: Path) -> None:
    put(tmp_path / "images-idx3-ubyte", idx(IMAGES))
    put(tmp_path / "images-idx3-ubyte.gz", b"damaged")
    put(tmp_path / "labels-idx1-ubyte", idx(LABELS))
    assert (read_images(tmp_path).grids[:, 0] == IMAGES).all()


def cut(content: bytes) -> bytes:
    return content[:-9]


def of_floats(content: bytes) -> bytes:
    return content[:2] + b"\x0d" + content[3:]


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("images-idx3-ubyte", cut, "images-idx3-ubyte is damaged: it has 111 values, and its"),
        ("images-idx3-ubyte", of_floats, "images-idx3-ubyte is no IDX file of bytes"),
        ("images-idx3-ubyte.gz", cut, "images-idx3-ubyte.gz is damaged, or not gzipped: "),
        ("images-idx3-ubyte.gz", of_floats, "images-idx3-ubyte.gz is damaged, or not gzipped: "),
    ],
)
def test_damaged_idx_files_are_named(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes], said: str
) -> None:
    content = idx(IMAGES)
    put(tmp_path / name, damage(gzip.compress(content) if name.endswith("gz") else content))
    put(tmp_path / "labels-idx1-ubyte", idx(LABELS))
    with pytest.raises(DataError, match=f"^{tmp_path}/{re.escape(said)}"):
        read_images(tmp_path)


def test_idx_files_that_do_not_belong_together(tmp_path: Path) -> None:
    for name in ("a-test-images-idx3-ubyte", "b-test-images-idx3-ubyte"):
        put(tmp_path / "two" / name, idx(IMAGES))
    put(tmp_path / "two" / "test-labels-idx1-ubyte", idx(LABELS))
    with pytest.raises(DataError, match="several files of images, a-test-images-idx3-ubyte and b-"):
        read_images(tmp_path / "two")
    (tmp_path / "two" / "b-test-images-idx3-ubyte").unlink()
    with pytest.raises(DataError, match="two has no images to learn from, but some to test on"):
        read_images(tmp_path / "two")
    put(tmp_path / "two" / "train-images-idx3-ubyte", idx(IMAGES))
    with pytest.raises(DataError, match="train-images-idx3-ubyte has no file of labels beside it"):
        read_images(tmp_path / "two")


def whole_archive() -> bytes:
    file = BytesIO()
    np.savez_compressed(file, images=IMAGES, labels=LABELS)
    return file.getvalue()


@given(
    st.sampled_from(["a.npz", "d/images-idx3-ubyte", "d/images-idx3-ubyte.gz"]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=3),
    st.integers(0, 2000) | st.none(),
)
def test_damage_is_an_error_of_the_data_or_images(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    flips: list[tuple[int, int]],
    end: int | None,
) -> None:
    content = {"npz": whole_archive(), "gz": gzip.compress(idx(IMAGES), mtime=0)}
    damaged = bytearray(content.get(name.rpartition(".")[2], idx(IMAGES)))
    for place, bits in flips:
        damaged[place % len(damaged)] ^= bits
    folder = tmp_path_factory.mktemp("damaged")
    put(folder / "d" / "labels-idx1-ubyte", idx(LABELS))
    path = put(folder / name, bytes(damaged[: end and end % len(damaged)]))
    said, read = "", None
    try:
        read = read_images(path if path.suffix == ".npz" else path.parent)
    except DataError as error:
        said = str(error)
    assert "\n" not in said
    # What a checksum is kept of is right, or it is refused.
    if read is not None and path.suffix:
        assert (read.grids[:, 0] == IMAGES).all()
    assert (read is None) == said.startswith(str(folder))
