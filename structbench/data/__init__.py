"""Examples: data sets, their subsets, and how they are altered; a folder for each kind.

Nothing here needs torch until a data set of torchvision is asked for.
"""

from structbench.data.examples import Dataset
from structbench.data.images.downloaded import IDX_FILES, TorchvisionDataset
from structbench.data.images.embedded import EmbeddedMNIST

DATASETS: dict[str, Dataset] = {
    "mnist": EmbeddedMNIST(
        name="mnist",
        input_shape=(1, 28, 28), classes=10, train_examples=60_000, test_examples=10_000,
        licence="CC BY-SA 3.0",
        source="handwritten digits; LeCun, Bottou, Bengio, Haffner: Gradient-based learning "
        "applied to document recognition, 1998",
    ),
    "fashion_mnist": TorchvisionDataset(
        name="fashion_mnist",
        input_shape=(1, 28, 28), classes=10, train_examples=60_000, test_examples=10_000,
        licence="MIT",
        source="clothes; Xiao, Rasul, Vollgraf: Fashion-MNIST, 2017",
        torchvision_class="FashionMNIST", layout="FashionMNIST/raw", files=IDX_FILES,
    ),
    "kmnist": TorchvisionDataset(
        name="kmnist",
        input_shape=(1, 28, 28), classes=10, train_examples=60_000, test_examples=10_000,
        licence="CC BY-SA 4.0",
        source="cursive Japanese characters; Clanuwat et al.: Deep learning for classical "
        "Japanese literature, 2018",
        torchvision_class="KMNIST", layout="KMNIST/raw", files=IDX_FILES,
    ),
    "cifar10": TorchvisionDataset(
        name="cifar10",
        input_shape=(3, 32, 32), classes=10, train_examples=50_000, test_examples=10_000,
        licence="none stated",
        source="photographs; Krizhevsky: Learning multiple layers of features from tiny "
        "images, 2009",
        torchvision_class="CIFAR10", layout="cifar-10-batches-py",
        files=(*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
    ),
    "cifar100": TorchvisionDataset(
        name="cifar100",
        input_shape=(3, 32, 32), classes=100, train_examples=50_000, test_examples=10_000,
        licence="none stated",
        source="photographs; Krizhevsky: Learning multiple layers of features from tiny "
        "images, 2009",
        torchvision_class="CIFAR100", layout="cifar-100-python", files=("train", "test", "meta"),
    ),
}  # fmt: skip
