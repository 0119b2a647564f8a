"""Comparisons read back from a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structbench.errors import RunFolderError
from structbench.machine.files import sealed
from structbench.results.comparison import COMPARISON
from structbench.store.results import is_current, read_comparison
from tests.made import made


def test_another_command_for_the_same_comparison_is_current(tmp_path: Path) -> None:
    comparison, _ = made()
    assert not is_current(comparison, tmp_path)
    content = comparison.model_dump(mode="json")
    (tmp_path / COMPARISON).write_text(json.dumps(sealed(content)))
    assert is_current(comparison.model_copy(update={"command": "other"}), tmp_path)
    assert not is_current(made(seeds=4)[0], tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is damaged"),
        ("[]", "has format None"),
        ('{"format": 3}', "its content is not that of its SHA-256"),
        (json.dumps(sealed({"format": 3, "surprise": True})), "is no comparison"),
    ],
)
def test_what_is_no_comparison_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / COMPARISON).write_text(content)
    with pytest.raises(RunFolderError, match=message) as error:
        read_comparison(tmp_path)
    assert str(tmp_path / COMPARISON) in str(error.value)


def test_a_folder_without_a_comparison_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="cannot read"):
        read_comparison(tmp_path)
