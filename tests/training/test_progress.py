from __future__ import annotations

import pytest

from structbench.outcome import Epoch
from structbench.training import progress
from structbench.training.progress import WORD_EVERY, Progress, seldom


def at(step: int, *history: Epoch) -> Progress:
    return Progress(1, 1, step, 100, 0.5, 1000.0, history)


def test_progress_is_told_seldom_and_what_is_kept_always(monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [0.0], list[int]()
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    tell = seldom(lambda found: told.append(found.step))
    for step in range(1, 10):
        now[0] += WORD_EVERY / 4
        tell(at(step, Epoch(epoch=1, train_loss=0.5, seconds=1.0)) if step == 7 else at(step))
    assert told == [1, 5, 7]
