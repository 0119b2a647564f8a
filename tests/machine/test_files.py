"""Files in any locale."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from structbench.errors import RunFolderError
from structbench.machine.files import read_json, write_json
from structbench.machine.lock import hold
from structbench.machine.provenance import command_line


def test_a_name_that_utf8_lacks_is_written_and_read_again(tmp_path: Path) -> None:
    content = {"reason": os.fsdecode(b"no r\xff/x"), "é − 日": 1}
    write_json(tmp_path / "a.json", content)
    assert "é − 日" in (tmp_path / "a.json").read_text("utf-8")
    assert read_json(tmp_path / "a.json") == content


def test_what_was_typed_is_told_in_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locale = "é".encode().decode("ascii", "surrogateescape")
    monkeypatch.setattr(sys, "argv", ["x", without_locale, "é", "n\udcff"])
    assert command_line("structbench") == "structbench 'é' 'é' 'n\N{REPLACEMENT CHARACTER}'"


def test_a_folder_that_a_locale_has_no_name_for_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *arguments: object, **more: object) -> None:
        path.name.encode("ascii")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with (
        pytest.raises(RunFolderError, match=r"this locale has no such name.*PYTHONUTF8=1"),
        hold(tmp_path / "é"),
    ):
        pass
