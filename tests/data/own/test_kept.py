"""What took long to read is read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from structbench.data.own import kept as module
from structbench.data.own.kept import Parts, kept

WHAT = {"sha256": "0" * 64, "kind": "image", "reading": {"side": 3}}
PARTS = Parts(
    {
        "grids": np.arange(12, dtype=np.uint8).reshape(2, 6),
        "tested": np.array([True, False]),
        "by_column": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "none": np.zeros((0, 3), np.float32),
    },
    {"classes": ["é", "b"], "told": [], "resized": False},
)


class Reader:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Parts:
        self.asked += 1
        return PARTS


@pytest.fixture
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it takes is long."""
    monkeypatch.setattr(module, "LONG_SECONDS", -1.0)


def same(found: Parts) -> bool:
    return (
        found.said == PARTS.said
        and found.arrays.keys() == PARTS.arrays.keys()
        and all(
            (found.arrays[name] == array).all() and found.arrays[name].dtype == array.dtype
            for name, array in PARTS.arrays.items()
        )
    )


def test_what_is_read_fast_is_not_kept(tmp_path: Path) -> None:
    reader = Reader()
    for _ in range(2):
        assert kept(WHAT, tmp_path / "own", reader) is PARTS
    assert reader.asked == 2
    assert not (tmp_path / "own").exists()


@pytest.mark.usefixtures("_long")
def test_what_took_long_is_kept_as_it_was(tmp_path: Path) -> None:
    reader = Reader()
    assert kept(WHAT, tmp_path / "own", reader) is PARTS
    assert same(kept(dict(reversed(WHAT.items())), tmp_path / "own", reader))
    assert reader.asked == 1
    assert len([*(tmp_path / "own").iterdir()]) == 1
    others: tuple[Mapping[str, Any], ...] = (
        {**WHAT, "sha256": "1" * 64}, {**WHAT, "kind": "signal"}, {**WHAT, "reading": {}}
    )  # fmt: skip
    for other in others:
        kept(other, tmp_path / "own", reader)
    assert reader.asked == 4


@pytest.mark.usefixtures("_long")
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:5] + b"\xff" * 9 + content[14:],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: content.replace(b"resized", b"rezised"),
    ],
)
def test_what_is_damaged_is_read_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    reader = Reader()
    kept(WHAT, tmp_path, reader)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert same(kept(WHAT, tmp_path, reader))
    assert same(kept(WHAT, tmp_path, reader))
    assert reader.asked == 2


@pytest.mark.usefixtures("_long")
def test_what_cannot_be_kept_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert kept(WHAT, tmp_path / "file" / "own", Reader()) is PARTS

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert kept(WHAT, tmp_path / "own", Reader()) is PARTS
    assert not [*(tmp_path / "own").iterdir()]


@pytest.mark.usefixtures("_long")
def test_an_error_is_not_kept(tmp_path: Path) -> None:
    def fails() -> Parts:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        kept(WHAT, tmp_path, fails)
    assert kept(WHAT, tmp_path, Reader()) is PARTS
