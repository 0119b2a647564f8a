"""The loop of most tutorials, its images prepared by two other processes."""

from __future__ import annotations

from tests.benchmarks.contestants.convention import Result, Task, contest
from tests.benchmarks.contestants.dataloader import train as train_with


def train(task: Task) -> Result:
    """As the DataLoader loop, with num_workers=2."""
    return train_with(task, workers=2)


if __name__ == "__main__":
    contest(train)
