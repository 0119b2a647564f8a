"""Ctrl-C and SIGTERM, later or not at all."""

from __future__ import annotations

import signal
import sys

import pytest

from structbench.signals import STOPS, deferred, ignored

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def test_a_deferred_stop_comes_at_the_end() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):  # noqa: SIM117, PT012
        with deferred():
            signal.raise_signal(signal.SIGINT)
            done.append("the import")
    assert done == ["the import"]


def test_an_ignored_stop_never_comes() -> None:
    with ignored():
        for number in STOPS:
            signal.raise_signal(number)


@pytest.mark.parametrize("moment", [deferred, ignored])
def test_the_usual_handlers_come_back(moment) -> None:
    before = [signal.getsignal(number) for number in STOPS]
    with moment():
        assert [signal.getsignal(number) for number in STOPS] != before
    assert [signal.getsignal(number) for number in STOPS] == before
