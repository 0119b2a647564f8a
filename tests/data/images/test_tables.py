"""Images beside a table of files and labels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.own.files import files_at
from structbench.data.own.read import OwnGrids
from structbench.data.own.readers import kind_at, reader_of
from structbench.errors import ConfigError, DataError
from tests.data.images.pictures import encoded, pixels, put, read_images


def put_images(folder: Path, count: int = 6, under: str = "images") -> Path:
    """Pictures 0.png to 5.png, all different."""
    for i in range(count):
        put(folder / under / f"{i}.png", encoded(pixels(i)))
    return folder


def table(folder: Path, text: str, name: str = "labels.csv") -> None:
    put(folder / name, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "file,label\n{}",
        "label,image\r\n{}",
        "\ufeffid;width;Class\n{}",
        "file\tother\ttarget\n{}",
        "{}",
    ],
)
@pytest.mark.parametrize(
    "called",
    ["images/{}.png", "{}.png", "{}", "./images/{}.png", "images\\{}.png", "/home/me/x/{}.png"],
)
def test_tables_as_people_write_them(tmp_path: Path, text: str, called: str) -> None:
    put_images(tmp_path)
    head = text.format("")
    between = "\t" if "\t" in head else ";" if ";" in head else ","
    columns = len(head.split(between)) if head else 2
    label_first = head.startswith("label")
    lines = []
    for i in range(6):
        file, label = called.format(i), "no" if i % 3 else "yes"
        middle = ["9"] * (columns - 2)
        lines.append(between.join([label, file] if label_first else [file, *middle, label]))
    table(tmp_path, text.format("\n".join(lines)))
    read = read_images(tmp_path)
    assert read.classes == ("no", "yes")
    assert read.labels.tolist() == [1, 0, 0, 1, 0, 0]
    assert (read.grids[:, 0] == [pixels(i) for i in range(6)]).all()
    assert read.told == ()


def test_the_rows_order_and_what_no_row_names(tmp_path: Path) -> None:
    put_images(tmp_path, under=".")
    table(tmp_path, "file,label\n5.png,a\n\n0.png,b\n2.png,a\n")
    read = read_images(tmp_path)
    assert (read.grids[:, 0] == [pixels(i) for i in (5, 0, 2)]).all()
    assert read.told == ("files passed over: 3 (1.png, …)",)


def test_a_column_of_parts_and_two_tables(tmp_path: Path) -> None:
    one, two = put_images(tmp_path / "one"), put_images(tmp_path / "two")
    rows = [f"{i}.png,{'ab'[i % 2]}" for i in range(6)]
    parts = ["train", "Train", "val", "train", "test", "test"]
    table(one, "file,label,split\n" + "\n".join(map(",".join, zip(rows, parts, strict=True))))
    read = read_images(one)
    assert read.tested is not None
    assert read.tested.tolist() == [False] * 4 + [True] * 2
    table(two, "file,label\n" + "\n".join(rows[:4]), "train.csv")
    table(two, "file,label\n" + "\n".join(rows[4:]), "test.csv")
    read = read_images(two)
    assert read.tested is not None
    assert read.tested.tolist() == [True] * 2 + [False] * 4
    table(two, "file,label\n" + "\n".join(rows[:4]), "more.csv")
    with pytest.raises(
        DataError, match=r"several tables of images, more\.csv and test\.csv: leave"
    ):
        read_images(two)


def test_a_table_goes_before_folders(tmp_path: Path) -> None:
    for folder in "xy":
        put_images(tmp_path, 2, folder)
    table(tmp_path, "path,label\nx/0.png,1\nx/1.png,2\ny/0.png,1\ny/1.png,3\n")
    assert read_images(tmp_path).classes == ("1", "2", "3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\n0.png,a\n1.png\n", "labels.csv:3: fewer cells than the first row has"),
        ("file,label\n0.png,a\n1.png,\n", "labels.csv:3: no label"),
        ("file,label\n0.png,a\n99.png,b\n", "labels.csv:3: there is no image '99.png'"),
        ("99.png,a\n0.png,a\n1.png,b\n", "labels.csv:1: there is no image '99.png'"),
        ("file,label\n0.png,a\n,b\n", "labels.csv:3: there is no image ''"),
        ("file,label\n0.png,a\nimages/0.png,b\n", "labels.csv:3: images/0.png has a label already"),
        ("file,label\n0.png,a\n1.png,a\n", ": all examples are of one class, 'a'"),
        ("0.png,a,b\n1.png,a,b\n", "labels.csv: name the columns in a first row, e.g. file,label"),
        ("file,x,z\n0.png,a,b\n", "labels.csv: call one column `label`"),
        ("file,label,class\n0.png,a,b\n", "labels.csv: call one column `label`"),
        ("file\n0.png\n1.png\n", "labels.csv: call one column `label`"),
        ("file,label,split\n0.png,a,other\n", "labels.csv:2: no part of the data is called 'oth"),
        ('file,label\n0.png,"a\n1.png,b\n', "labels.csv:4: "),
        ("file,label\n0.png,caf\udce9\n1.png,b\n", "labels.csv:2: not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    put(put_images(tmp_path) / "labels.csv", text.encode(errors="surrogateescape"))
    with pytest.raises(DataError, match=re.escape(said)) as caught:
        read_images(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))


def test_one_name_for_several_images_is_refused(tmp_path: Path) -> None:
    put_images(put_images(tmp_path, 2, "x"), 2, "y")
    table(tmp_path, "file,label\nx/0.png,a\n1.png,b\n")
    with pytest.raises(DataError, match=r"labels\.csv:3: several images are called 1\.png"):
        read_images(tmp_path)


@given(
    st.lists(
        st.sampled_from(["file", "label", "split", "0.png", "1.png", "images/2", "a", "b", "", "1",
                         "train", "test", '"', ",", ";", "\t", "\n", "\r\n", "é", "\0"])
        | st.text(max_size=3),
        max_size=40,
    ).map("".join)
)  # fmt: skip
def test_whatever_a_table_says_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any table"
    if not folder.exists():
        put_images(folder)
    put(folder / "labels.csv", text.encode(errors="replace"))
    files, said = files_at(folder), ""
    try:
        kind_at(files)
        read = reader_of(files, "image").read(files, {})
    except (DataError, ConfigError) as error:
        said = str(error)
    if said:
        assert "\n" not in said
    else:
        assert isinstance(read, OwnGrids)
        assert len(read.grids) == len(read.labels) > 1
