"""How far reading is, as it is told."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from structbench.data.own.watched import watched
from structbench.report import reading
from structbench.report.console import LITERAL
from structbench.report.reading import reading_progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Its one entry is the time."""
    now = [0.0]
    monkeypatch.setattr(reading, "monotonic", lambda: now[0])
    return now


def told(clock: list[float], step: float, *, terminal: bool = False, quiet: bool = False) -> str:
    """What is written while 30 things are read, each in so many seconds."""
    file = StringIO()
    console = Console(**LITERAL, file=file, force_terminal=terminal, quiet=quiet, width=100)
    with reading_progress(console):
        for _ in watched(range(30), 30, "reading [bold]images"):
            clock[0] += step
    return file.getvalue()


def test_what_takes_a_moment_is_not_told_of(clock: list[float]) -> None:
    assert told(clock, 0.01) == ""
    assert told(clock, 0.01, terminal=True) == ""


def test_lines_come_after_a_second_and_then_every_ten(clock: list[float]) -> None:
    lines = told(clock, 1.0).splitlines()
    done = [int(line.removeprefix("reading [bold]images: ").split()[0]) for line in lines]
    assert done == [2, 12, 22]
    assert lines[0].endswith("2 of 30")


def test_a_bar_is_shown_and_taken_away(clock: list[float]) -> None:
    shown = told(clock, 1.0, terminal=True)
    assert "reading [bold]images" in shown
    assert "of 30" in shown
    assert shown.endswith("\x1b[2K")  # its line is empty again


def test_quiet_says_nothing(clock: list[float]) -> None:
    assert told(clock, 1.0, quiet=True) == ""


def test_a_bar_goes_where_reading_fails(clock: list[float]) -> None:
    file = StringIO()

    def read() -> None:
        with reading_progress(Console(file=file, force_terminal=True, width=100)):
            for i in watched(range(30), 30, "reading"):
                clock[0] += 1
                if i == 5:
                    raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        read()
    assert file.getvalue().endswith("\x1b[2K")
