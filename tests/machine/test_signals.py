"""Ctrl-C and SIGTERM, later or not at all."""

from __future__ import annotations

import signal
import sys

import pytest

from structbench.errors import Terminated
from structbench.machine.signals import STOPS, as_raised, deferred, ignored

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


def test_what_the_handler_of_sigterm_raised_comes_out_of_a_wait_that_made_another_of_it() -> None:
    def terminate(number: int, frame: object) -> None:
        raise Terminated

    def wait(number: int) -> None:
        try:
            signal.raise_signal(number)
        except BaseException:
            raise KeyboardInterrupt from None

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        with pytest.raises(Terminated), as_raised():
            wait(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt) as stop, as_raised():
            wait(signal.SIGINT)
        assert not isinstance(stop.value, Terminated)
        assert signal.getsignal(signal.SIGTERM) is terminate
    finally:
        signal.signal(signal.SIGTERM, before)
