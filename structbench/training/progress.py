"""Where a training is. Without torch: the process that shows it need not have it."""

from collections.abc import Callable
from dataclasses import dataclass

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
