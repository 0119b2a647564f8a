"""Models of a user's own, as people write them: files made for a test."""

from __future__ import annotations

from pathlib import Path

from structbench import Experiment, load_experiment, train
from structbench.models.plugins import named_model
from structbench.outcome import Outcome

# 70 = 64 + 6: a whole batch and a shorter one.
SMALL = ("data={train_size: 70, test_size: 40}", "training.epochs=1")
HEAD = """
import random, sys
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from typing import Literal
from structbench import TorchModel
"""
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)
        {init}
    def forward(self, x):
        x = x.flatten(1)
        {forward}
        return self.fc(x)
"""


def written(folder: Path, body: str, name: str = "own.py") -> Path:
    """A file of models with the usual imports."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(HEAD + body)
    return path


def net(init: str = "pass", forward: str = "pass") -> str:
    """A linear network; further lines of its constructor and of its forward pass."""
    return NET.format(
        init=init.replace("\n", "\n        "), forward=forward.replace("\n", "\n        ")
    )


def experiment(path: Path, name: str = "Net", *overrides: str) -> Experiment:
    """Of a model in a file, small."""
    named_model(f"{path}:{name}")
    return load_experiment(name, [*SMALL, *overrides])


def outcome(folder: Path, body: str, *overrides: str, name: str = "Net") -> Outcome:
    """Of a model with this text, trained in a runs folder beside its file."""
    asked = experiment(written(folder, body), name, *overrides)
    return train(asked, runs_dir=folder / "runs")
