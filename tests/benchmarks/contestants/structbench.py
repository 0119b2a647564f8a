"""StructBench through its command line, in float32."""

from __future__ import annotations

import json
import subprocess
import sys
from tempfile import TemporaryDirectory

from tests.benchmarks.contestants.convention import Result, Task, contest

ALL = 60_000


def train(task: Task, *options: str) -> Result:
    """One `structbench train`, read from what it prints; the history has the seconds."""
    # A subset is drawn evenly from the classes: not what "all" should go through.
    subset = [f"--set=data.train_size={task.examples}"] if task.examples < ALL else []
    with TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "structbench", "train", task.model),
            *("--force", "--json", "--quiet", "--runs-dir", folder, "--device", task.device),
            *(f"--seed={task.seed}", f"--set=training.epochs={task.epochs}", *subset, *options),
        ]
        summary = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return Result(
        [epoch["seconds"] for epoch in summary["history"]],
        summary["misclassification"],
        summary["parameters"],
    )


if __name__ == "__main__":
    contest(train)
