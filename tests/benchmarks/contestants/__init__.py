"""Who trains: one file each, all called alike.

    python -m tests.benchmarks.contestants.<name> MODEL EPOCHS EXAMPLES [DEVICE]

trains the lecture's cnn or fnn on the first EXAMPLES training images of MNIST, tests it on all
10,000 test images, and prints one line of JSON: `convention.Result`.
"""

from __future__ import annotations

from importlib.util import find_spec

# Contestant → the package it needs besides StructBench's own.
CONTESTANTS: dict[str, str | None] = {
    "structbench": None,
    "structbench_bf16": None,
    "dataloader": None,
    "dataloader_2workers": None,
    "lightning": "lightning",
    "keras": "keras",
    "jax": "jax",
    "skorch": "skorch",
}


def missing(name: str) -> str | None:
    """Why this contestant cannot take part; None where it can."""
    package = CONTESTANTS[name]
    return f"{package} is not installed" if package and not find_spec(package) else None
