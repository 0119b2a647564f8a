"""The loop of most tutorials: torchvision's data set, ToTensor, a DataLoader, Adam."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from structbench.data.images.embedded import FILES
from tests.benchmarks.contestants.convention import (
    BATCH,
    LEARNING_RATE,
    TEST_BATCH,
    Result,
    Task,
    contest,
)
from tests.benchmarks.contestants.torch_parts import network, now, size


def train(task: Task, workers: int = 0) -> Result:
    """Train and test image by image, as the data set gives them."""
    with TemporaryDirectory() as folder:
        _unpack(Path(folder) / "MNIST" / "raw")  # 0.4 s, within the whole command's time
        examples = MNIST(folder, train=True, transform=ToTensor())
        test = MNIST(folder, train=False, transform=ToTensor())
        return _train(task, Subset(examples, range(task.examples)), test, workers)


def _unpack(raw: Path) -> None:
    """The package's MNIST, where torchvision looks for it."""
    raw.mkdir(parents=True)
    for packed in FILES.glob("*.gz"):
        with gzip.open(packed) as source, (raw / packed.stem).open("wb") as target:
            shutil.copyfileobj(source, target)


def _train(task: Task, examples: Subset[Any], test: MNIST, workers: int) -> Result:
    module = network(task.model).to(task.device)
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    loader = DataLoader(examples, batch_size=BATCH, shuffle=True, num_workers=workers)
    seconds = []
    for _ in range(task.epochs):
        started = now(task.device)
        module.train()
        for images, labels in loader:
            images, labels = images.to(task.device), labels.to(task.device)
            optimizer.zero_grad()
            loss = cross_entropy(module(images), labels)
            loss.backward()
            optimizer.step()
        seconds.append(now(task.device) - started)
    module.eval()
    wrong = 0
    with torch.no_grad():
        for images, labels in DataLoader(test, batch_size=TEST_BATCH, num_workers=workers):
            wrong += int((module(images.to(task.device)).argmax(1).cpu() != labels).sum())
    return Result(seconds, wrong / len(test), size(module))


if __name__ == "__main__":
    contest(train)
