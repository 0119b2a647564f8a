"""StructBench through its command line, with matrix products in bfloat16.

Ahead only where the CPU multiplies bfloat16 itself (AMX, AVX-512 BF16); elsewhere it is emulated.
"""

from __future__ import annotations

from tests.benchmarks.contestants.convention import Result, Task, contest
from tests.benchmarks.contestants.structbench import train as train_with


def train(task: Task) -> Result:
    """One `structbench train --precision bf16`."""
    return train_with(task, "--precision", "bf16")


if __name__ == "__main__":
    contest(train)
