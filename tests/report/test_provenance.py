"""Where numbers come from, whatever is in the file that says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structbench.report.provenance import NOT_RECORDED, sessions


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"7", b'{"a": 1}', b"[3, null]", b"[" * 100_000, b"\xff\xfe", b'["x"]'],
)
def test_odd_provenance_is_not_recorded(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "provenance.json"
    assert sessions(path) == ()
    path.write_bytes(content)
    assert sessions(path) == ()


def test_provenance_of_odd_types_becomes_text(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    entry = {
        "started": ["now"], "command": "x" * 9999, "versions": {"torch": None}, "git": [],
        "cpu": "\ud800", "threads": {"a": 1}, "gpu": None, "cores": 2,
    }  # fmt: skip
    path.write_text(json.dumps([entry, {}]))
    odd, empty = sessions(path)
    assert odd.started == NOT_RECORDED
    assert len(odd.command) == 400
    facts = dict(odd.machine)
    assert facts["versions"] == f"torch {NOT_RECORDED}"
    assert (facts["code"], facts["GPU"]) == (NOT_RECORDED, "none")
    facts["processor"].encode()
    assert dict(empty.machine)["GPU"] == NOT_RECORDED
