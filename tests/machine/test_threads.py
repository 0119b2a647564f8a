from __future__ import annotations

import os
import sys

import pytest

from structbench.machine.threads import wait_asleep

VARIABLE = "OMP_WAIT_POLICY"


def test_threads_sleep_unless_something_else_was_chosen_or_it_is_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "active")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    wait_asleep()
    assert os.environ[VARIABLE] == "active"
    monkeypatch.delenv(VARIABLE)
    wait_asleep()
    assert os.environ[VARIABLE] == "passive"
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setitem(sys.modules, "torch", None)
    wait_asleep()
    assert VARIABLE not in os.environ
