"""What the contestants that use torch share: the two networks as one writes them, and a test."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

from tests.benchmarks.contestants.convention import DROPOUT, TEST_BATCH


def network(model: str) -> nn.Module:
    """The lecture's CNN or FNN, from a fixed seed."""
    torch.manual_seed(0)
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
def misclassification(module: nn.Module, images: Tensor, labels: Tensor, device: str) -> float:
    """Share of images that get another class than their label."""
    module.to(device).eval()
    wrong = 0
    for part, truth in zip(images.split(TEST_BATCH), labels.split(TEST_BATCH), strict=True):
        wrong += int((module(part.to(device)).argmax(1).cpu() != truth).sum())
    return wrong / len(labels)
