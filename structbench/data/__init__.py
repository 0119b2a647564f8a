"""Examples: data sets, their subsets, and how their images are altered.

Nothing here needs torch until a data set or a condition of torchvision is asked for.
"""

from __future__ import annotations

from structbench.data.downloaded import IDX_FILES, TorchvisionDataset
from structbench.data.embedded import EmbeddedMNIST
from structbench.data.examples import Dataset

DATASETS: dict[str, Dataset] = {
    "mnist": EmbeddedMNIST("mnist", (1, 28, 28), 10, 60_000, 10_000),
    "fashion_mnist": TorchvisionDataset(
        "fashion_mnist", (1, 28, 28), 10, 60_000, 10_000,
        "FashionMNIST", "FashionMNIST/raw", IDX_FILES,
    ),
    "kmnist": TorchvisionDataset(
        "kmnist", (1, 28, 28), 10, 60_000, 10_000,
        "KMNIST", "KMNIST/raw", IDX_FILES,
    ),
    "cifar10": TorchvisionDataset(
        "cifar10", (3, 32, 32), 10, 50_000, 10_000,
        "CIFAR10", "cifar-10-batches-py",
        (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
    ),
    "cifar100": TorchvisionDataset(
        "cifar100", (3, 32, 32), 100, 50_000, 10_000,
        "CIFAR100", "cifar-100-python", ("train", "test", "meta"),
    ),
}  # fmt: skip
