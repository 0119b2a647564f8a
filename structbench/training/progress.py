"""Where a training is. Without torch: the process that shows it need not have it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from structbench.outcome import Epoch


@dataclass(frozen=True)
class Progress:
    """Where a training is. Counts start at 1; loss is the mean over the last steps.

    history: at the end of an epoch, all finished epochs; otherwise empty
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    examples_per_second: float
    history: tuple[Epoch, ...] = ()


OnProgress = Callable[[Progress], None]

# Seconds between two words on how far a training is: a pass over a small graph takes less time
# than telling of it.
WORD_EVERY = 0.05


def seldom(tell: OnProgress) -> OnProgress:
    """The same, told at most every WORD_EVERY seconds; epochs that are to be kept always."""
    told = -math.inf

    def sometimes(progress: Progress) -> None:
        nonlocal told
        if progress.history or monotonic() - told >= WORD_EVERY:
            tell(progress)
            told = monotonic()

    return sometimes
