"""The loop of most tutorials: torchvision's data set, ToTensor, a DataLoader, Adam."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from structbench.data.images.embedded import FILES
from tests.benchmarks.contestants.convention import (
    BATCH,
    CLEAN,
    LEARNING_RATE,
    MOVED,
    TEST_BATCH,
    Result,
    Task,
    contest,
)
from tests.benchmarks.contestants.torch_parts import network, now, size

Alter = Callable[[Tensor], Tensor]
TESTS: dict[str, Alter] = {
    CLEAN: lambda images: images,
    MOVED: lambda images: pad(images, (2, -2, 2, -2)),
}


def train(task: Task, workers: int = 0) -> Result:
    """Train and test image by image, as the data set gives them."""
    examples, test = _mnist()
    module = network(task.model, task.seed).to(task.device)
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    chosen = Subset(examples, range(task.examples))
    loader = DataLoader(chosen, batch_size=BATCH, shuffle=True, num_workers=workers)
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
    tested = DataLoader(test, batch_size=TEST_BATCH, num_workers=workers)
    return Result(seconds, _test(module, tested, task.device), size(module))


@torch.no_grad()
def _test(module: nn.Module, loader: DataLoader[Any], device: str) -> dict[str, float]:
    """Each image is prepared once and looked at under both conditions."""
    module.eval()
    wrong, total = dict.fromkeys(TESTS, 0), 0
    for images, labels in loader:
        total += len(labels)
        for condition, alter in TESTS.items():
            answers = module(alter(images).to(device)).argmax(1).cpu()
            wrong[condition] += int((answers != labels).sum())
    return {condition: count / total for condition, count in wrong.items()}


@cache
def _mnist() -> tuple[MNIST, MNIST]:
    """Training and test examples, which torchvision reads into memory, from a folder of its own."""
    with TemporaryDirectory() as folder:
        _unpack(Path(folder) / "MNIST" / "raw")  # 0.4 s, within the whole command's time
        return (
            MNIST(folder, train=True, transform=ToTensor()),
            MNIST(folder, train=False, transform=ToTensor()),
        )


def _unpack(raw: Path) -> None:
    """The package's MNIST, where torchvision looks for it."""
    raw.mkdir(parents=True)
    for packed in FILES.glob("*.gz"):
        with gzip.open(packed) as source, (raw / packed.stem).open("wb") as target:
            shutil.copyfileobj(source, target)


if __name__ == "__main__":
    contest(train)
