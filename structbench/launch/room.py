"""How many runs at a time this machine has room for: a core and memory for each."""

from __future__ import annotations

from dataclasses import dataclass

from structbench.experiment.cost import memory
from structbench.experiment.run import Run
from structbench.launch.execution import Execution
from structbench.machine.limits import cores, free_memory


def at_once(device: str, execution: Execution) -> int:
    """How many runs its cores allow; one at a time where they would share a GPU."""
    return max(1, cores() // (execution.threads or 1)) if device == "cpu" else 1


@dataclass
class Room:
    """Whether there is room for one run more.

    most: runs at a time
    limited: whether memory is a limit too; it is not where the number was asked for
    """

    most: int
    limited: bool
    # What runs were measured to take over what was expected of them, at the most.
    measured: float = 1.0

    @classmethod
    def of(cls, device: str, execution: Execution) -> Room:
        """As many as were asked for, otherwise as many as fit."""
        if execution.jobs:
            return cls(execution.jobs, limited=False)
        return cls(at_once(device, execution), limited=True)

    def note(self, expected: int, taken: int) -> None:
        """A process has taken so many bytes, at the most so many were expected of its runs."""
        self.measured = max(self.measured, taken / expected)

    def is_for(self, run: Run, under_way: int, beginning: int, held: int = 0) -> bool:
        """Whether this run may begin beside others.

        under_way: how many others there are; beginning: how many of them have not yet taken the
            memory that they will; held: the bytes that its process has already
        """
        if under_way >= self.most:
            return False
        if not under_way or not self.limited:
            return True
        need = self.measured * memory(run.experiment)
        return need * (1 + beginning) - held <= free_memory()
