"""What the contestants that use torch share: the two networks as one writes them, and answers."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tests.benchmarks.contestants.convention import DROPOUT, TEST_BATCH


def network(model: str, seed: int) -> nn.Module:
    """The lecture's CNN or FNN; all of torch's chance follows from the seed."""
    torch.manual_seed(seed)
    return {"cnn": _cnn, "fnn": _fnn}[model]()


def _cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Dropout(DROPOUT),
        nn.Linear(128, 10),
    )


def _fnn() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 512),
        nn.ReLU(),
        nn.Linear(512, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


def size(module: nn.Module) -> int:
    """Trainable parameters."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def now(device: str) -> float:
    """The time when the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


@torch.no_grad()
def predicted(module: nn.Module, images: NDArray[np.float32], device: str) -> NDArray[np.int64]:
    """The class of each image."""
    module.to(device).eval()
    parts = torch.from_numpy(images).split(TEST_BATCH)
    return torch.cat([module(part.to(device)).argmax(1).cpu() for part in parts]).numpy()
