"""`structbench tokens`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Small: a tenth of the numbers would do, and these are spelled in a moment."""
    from structbench.data.sequences import pairs

    monkeypatch.setenv("STRUCTBENCH_DATA", str(tmp_path))
    monkeypatch.setattr(pairs, "MOST_LEARNED", 800)
    monkeypatch.setattr(pairs, "MOST_TESTED", 200)


def test_a_text_becomes_numbers_and_a_text_in_each_way(cli: Cli) -> None:
    text = "quatre-vingt-dix-neuf"
    found = json.loads(cli("tokens", text, "--json").stdout)
    assert [way["tokens"] for way in found] == ["words", "characters", "bpe"]
    assert found[0]["pieces"] == ["quatre", "vingt", "dix", "neuf"]
    assert found[1]["pieces"] == list(text)
    for way in found:
        assert way["text"] == text
        assert len(way["numbers"]) == len(way["pieces"])
        assert max(way["numbers"]) < way["symbols"]
        assert way["unknown"] == []
    shown = cli("tokens", text).stdout
    assert "words: 29 symbols" in shown
    assert "quatre vingt dix neuf" in shown


def test_unknown_symbols_are_told(cli: Cli) -> None:
    words, *_ = json.loads(cli("tokens", "deux Millions [b]", "--json").stdout)
    assert words["unknown"] == ["Millions", "[b]"]
    assert "unknown  Millions [b]" in cli("tokens", "deux Millions [b]").stdout


def test_in_another_language(cli: Cli) -> None:
    words, *_ = json.loads(cli("tokens", "九十九", "--language", "zh", "--json").stdout)
    assert (words["pieces"], words["text"]) == (["九", "十", "九"], "九十九")


def test_what_cannot_be_is_one_line_and_exit_2(cli: Cli) -> None:
    for words, told in (
        (("tokens", "neuf", "--language", "french"), "French is 'fr'"),
        (("tokens", " "), "is an empty text"),
    ):
        refused = cli(*words)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert told in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_without_its_library_only_bpe_is_missing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    from structbench.data.sequences import numbers

    numbers._made.cache_clear()
    shown = cli("tokens", "neuf")
    assert shown.exit_code == 0
    assert "words: " in shown.stdout
    assert 'tokens: bpe needs tokenizers: pip install "tokenizers' in shown.stdout
