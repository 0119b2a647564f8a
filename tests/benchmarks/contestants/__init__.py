"""Who trains: one file each, all called alike.

    python -m tests.benchmarks.contestants.<name> MODELS EPOCHS EXAMPLES DEVICE SEEDS

trains the lecture's cnn or fnn, or both (cnn,fnn), with each of so many seeds on the first EXAMPLES
training images of MNIST, tests each on all 10,000 test images, as they are and moved, and prints
the mean errors and one line of JSON: `convention.Result` of each model and seed.
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
