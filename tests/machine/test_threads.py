from __future__ import annotations

import os
import sys

import pytest

from structbench.machine.threads import wait_asleep

POLICY, SPINS = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"


def test_threads_sleep_soon_unless_something_else_was_chosen_or_it_is_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(policy: str | None, spins: str | None = None) -> tuple[str | None, str | None]:
        for name, value in ((POLICY, policy), (SPINS, spins)):
            monkeypatch.delenv(name, raising=False)
            if value:
                monkeypatch.setenv(name, value)
        wait_asleep()
        return os.environ.get(POLICY), os.environ.get(SPINS)

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    policy, spins = asked(None)
    assert policy == "passive"
    assert spins is not None
    assert 0 < int(spins) < 30_000
    assert asked("active") == ("active", None)
    assert asked(None, "5") == ("passive", "5")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert asked(None) == (None, None)
