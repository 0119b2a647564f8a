"""A set of texts has one order in all processes that a command begins."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from structbench.machine import hashes
from structbench.machine.hashes import fix_hashes, fixed_hashes

posix = pytest.mark.skipif(os.name != "posix", reason="a program is replaced by another")


@pytest.mark.parametrize(
    ("words", "again"),
    [
        (["train", "cnn"], False),
        (["evaluate", "x", "--condition", "rotate:30"], False),
        (["compare", "cnn", "--set", "training.epochs=3"], False),
        (["train", "net.py:Net"], True),
        (["models", "a b/net.py"], True),
        (["report", "x", "--plugin", "net.py"], True),
        (["report", "x", "--plugin=net.py"], True),
        (["models", "torchvision.models:resnet18"], True),
    ],
)
@posix
def test_a_command_that_names_code_begins_again(
    words: list[str], again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, words: begun.append(words))
    monkeypatch.delenv(hashes.VARIABLE, raising=False)
    fix_hashes(words)
    assert bool(begun) == again
    monkeypatch.setenv(hashes.VARIABLE, "0")
    fix_hashes(words)
    assert len(begun) == again


@posix
def test_hashes_are_the_same_each_time() -> None:
    script = "from structbench.machine.hashes import fix_hashes; fix_hashes(['net.py'])"
    usual = {k: v for k, v in os.environ.items() if k != hashes.VARIABLE}
    command = [sys.executable, "-c", f"{script}; print(hash('x'))"]
    said = {
        subprocess.run(command, env=usual, capture_output=True, check=True).stdout for _ in range(2)
    }
    assert len(said) == 1


def test_the_callers_own_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(hashes.VARIABLE, raising=False)
    with fixed_hashes():
        assert os.environ[hashes.VARIABLE] == "0"
    assert hashes.VARIABLE not in os.environ
