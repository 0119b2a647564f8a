"""What lies at a path, and the SHA-256 that names it."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.own.files import files_at
from structbench.data.own.places import files_of, open_data
from structbench.data.own.watched import watching
from structbench.errors import DataError


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_some(folder: Path) -> Path:
    put(folder / "b" / "2 two.txt", b"two")
    put(folder / "b" / "c" / "3.txt", b"three")
    put(folder / "é" / "1.txt", b"one")
    return folder


def test_all_files_by_their_names_within(tmp_path: Path) -> None:
    put_some(tmp_path / "data")
    for hidden in (".DS_Store", ".git/config", "b/._2", "__MACOSX/b/2", "Thumbs.db", "desktop.ini"):
        put(tmp_path / "data" / hidden)
    files = files_at(tmp_path / "data")
    assert files.names == ["b/2 two.txt", "b/c/3.txt", "é/1.txt"]
    assert files.only is None
    assert files.place("é/1.txt") == tmp_path / "data" / "é" / "1.txt"
    assert files.content("b/2 two.txt") == b"two"
    one = files_at(tmp_path / "data" / "b" / "2 two.txt")
    assert one.names == [one.only] == ["2 two.txt"]
    assert one.content("2 two.txt") == b"two"


def test_moved_renamed_and_copied_data_are_the_same(tmp_path: Path) -> None:
    first = put_some(tmp_path / "data")
    known = files_at(first).sha256
    put(first / ".DS_Store")
    shutil.copytree(first, tmp_path / "elsewhere" / "copy")
    os.symlink(first, tmp_path / "link")
    assert files_at(tmp_path / "elsewhere" / "copy").sha256 == known
    assert files_at(tmp_path / "link").sha256 == known
    file = put(tmp_path / "a.CSV", b"abc")
    assert files_at(file).sha256 == files_at(put(tmp_path / "b.csv", b"abc")).sha256


def test_names_with_accents_apart_are_the_same_names(tmp_path: Path) -> None:
    """As some systems, and archives made there, have them."""
    apart = put_some(tmp_path / "apart")
    os.rename(apart / "é", apart / unicodedata.normalize("NFD", "é"))
    for folder in (apart, put_some(tmp_path / "one")):
        put(folder / "f" / "4.txt", b"four")
    found = files_at(apart), files_at(tmp_path / "one")
    assert found[0].sha256 == found[1].sha256
    assert [*found[0].digests.values()] == [*found[1].digests.values()]


def change_a_byte(folder: Path) -> None:
    put(folder / "b" / "2 two.txt", b"twO")


def rename_a_file(folder: Path) -> None:
    os.rename(folder / "b" / "2 two.txt", folder / "b" / "2.txt")


def exchange(folder: Path) -> None:
    put(folder / "b" / "2 two.txt", b"three")
    put(folder / "b" / "c" / "3.txt", b"two")


def add_a_file(folder: Path) -> None:
    put(folder / "b" / "4.txt", b"")


def move_a_file(folder: Path) -> None:
    os.rename(folder / "b" / "c" / "3.txt", folder / "b" / "3.txt")


@pytest.mark.parametrize("alter", [change_a_byte, rename_a_file, exchange, add_a_file, move_a_file])
def test_other_data_are_others(tmp_path: Path, alter: Callable[[Path], None]) -> None:
    folder = put_some(tmp_path / "data")
    known = files_at(folder).sha256
    alter(folder)
    assert files_at(folder).sha256 != known


def test_a_file_that_changes_while_it_is_read_is_found(tmp_path: Path) -> None:
    folder = put_some(tmp_path / "data")
    files, sha256 = files_at(folder), open_data(folder)
    change_a_byte(folder)
    with pytest.raises(DataError, match=r"2 two\.txt has changed while it was read"):
        files.content("b/2 two.txt")
    with pytest.raises(DataError, match=r"2 two\.txt has changed while it was read"):
        files_of(sha256).content("b/2 two.txt")
    (folder / "é" / "1.txt").unlink()
    with pytest.raises(DataError, match=r"cannot read .*1\.txt: No such file"):
        files.content("é/1.txt")


def test_links_are_followed_within_the_folder_only(tmp_path: Path) -> None:
    folder, outside = put_some(tmp_path / "data"), put(tmp_path / "secret")
    os.symlink("2 two.txt", folder / "b" / "again.txt")
    os.symlink("../b/c", folder / "é" / "c")
    assert files_at(folder).names == [
        "b/2 two.txt", "b/again.txt", "b/c/3.txt", "é/1.txt", "é/c/3.txt",
    ]  # fmt: skip
    for target, said in (
        (str(outside), "out is a link that leads out of the folder"),
        ("../secret", "out is a link that leads out of the folder"),
        ("nowhere", "out is a link to nothing"),
        ("out", "out is a link to nothing"),
        (".", "out is a link to a folder that it is in"),
        ("../data", "out is a link to a folder that it is in"),
        ("b/up", "out is a link to nothing"),
    ):
        os.symlink(target, folder / "out")
        with pytest.raises(DataError, match=f"^{re.escape(str(folder))}/{said}$"):
            files_at(folder)
        (folder / "out").unlink()


def test_links_cannot_multiply_folders_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("structbench.data.own.files.MOST_FILES", 500)
    for i in range(20):
        (tmp_path / str(i)).mkdir()
        for name in "ab":
            os.symlink(f"../{i + 1}", tmp_path / str(i) / name)
    (tmp_path / "20").mkdir()
    with pytest.raises(DataError, match="has more than 500 files and folders"):
        files_at(tmp_path)


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_some(tmp_path)
    monkeypatch.setattr("structbench.data.own.files.MOST_FILES", 6)
    assert len(files_at(tmp_path).names) == 3
    monkeypatch.setattr("structbench.data.own.files.MOST_FILES", 5)
    with pytest.raises(DataError, match="has more than 5 files and folders"):
        files_at(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr("structbench.data.own.files.LARGEST_FILE", 4)
    with pytest.raises(DataError, match=r"3\.txt has 5 bytes, more than 4 bytes"):
        files_at(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr("structbench.data.own.files.MOST_FOLDERS_DEEP", 1)
    with pytest.raises(DataError, match="b/c is more than 1 folders deep"):
        files_at(tmp_path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    put_some(tmp_path / "data")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "data" / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "data", Path("/dev/null")):
        with pytest.raises(DataError, match=r"(pipe|null) is neither a file nor a folder$"):
            files_at(path)


def test_what_is_not_there_or_empty(tmp_path: Path) -> None:
    (tmp_path / "empty" / "more").mkdir(parents=True)
    put(tmp_path / "empty" / ".hidden")
    os.symlink("loop", tmp_path / "loop")
    for path, said in (
        (tmp_path / "nowhere", f"there is no file or folder {tmp_path}/nowhere"),
        (tmp_path / "loop", f"there is no file or folder {tmp_path}/loop"),
        (tmp_path / "empty", f"{tmp_path}/empty is an empty folder"),
        (tmp_path / "a\0b", "(cannot read|there is no file or folder) "),
        (Path("x" * 5000), "cannot read x"),
    ):
        with pytest.raises(DataError, match=f"^{said}") as caught:
            files_at(path)
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_names_that_are_no_text_are_shown_and_refused(tmp_path: Path) -> None:
    put(tmp_path / "data" / "fine.txt")
    put(tmp_path / "data" / os.fsdecode(b"caf\xe9.txt"))
    for path in (tmp_path / "data", tmp_path / "data" / os.fsdecode(b"caf\xe9.txt")):
        with pytest.raises(DataError, match=r"data/caf\\xe9\.txt: its name is not text \(UTF-8\)$"):
            files_at(path)


def test_names_of_several_lines_are_refused_in_one(tmp_path: Path) -> None:
    put(tmp_path / "fine.txt")
    put(tmp_path / "Icon\r")
    assert files_at(tmp_path).names == ["fine.txt"]
    put(tmp_path / "two\nlines" / "a.txt")
    with pytest.raises(DataError, match=r"two\\nlines': its name has a line break") as caught:
        files_at(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    folder = put_some(tmp_path / "data")
    (folder / "b" / "c").chmod(0)
    try:
        with pytest.raises(DataError, match=r"cannot read .*data/b/c: Permission denied"):
            files_at(folder)
    finally:
        (folder / "b" / "c").chmod(0o700)


def test_looking_is_watched(tmp_path: Path) -> None:
    told = []
    with watching(lambda *about: told.append(about)):
        files_at(put_some(tmp_path))
    assert told == [("looking at files", i, 3) for i in (1, 2, 3)]


NAMES = st.text(
    st.characters(exclude_characters="/", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
).filter(lambda name: name not in (".", ".."))


@given(st.dictionaries(NAMES, st.binary(max_size=3), min_size=1, max_size=5))
def test_whatever_files_are_called(
    tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes]
) -> None:
    folders = [tmp_path_factory.mktemp("any") for _ in range(2)]
    for folder, names in zip(folders, (contents, reversed(contents)), strict=True):
        for name in names:
            put(folder / name, contents[name])
    shown = {name for name in contents if not name.startswith(".")}
    if not shown:
        with pytest.raises(DataError, match="is an empty folder"):
            files_at(folders[0])
        return
    first, second = map(files_at, folders)
    assert set(first.names) == shown
    assert first.sha256 == second.sha256
    assert {name: first.content(name) for name in first.names} == {n: contents[n] for n in shown}
