"""Examples: data sets, their subsets, and how they are altered; a folder for each kind.

Nothing here needs torch until a data set is downloaded.
"""

from structbench.data.examples import Dataset
from structbench.data.graphs.cora import Cora
from structbench.data.graphs.karate import KarateClub
from structbench.data.graphs.social import MadeNetwork
from structbench.data.images.cifar import CIFAR100_CLASSES
from structbench.data.images.downloaded import IDX_FILES, CifarDataset, IdxDataset
from structbench.data.images.embedded import EmbeddedMNIST
from structbench.data.sequences.numbers import Numbers
from structbench.data.sequences.pairs import MOST_LEARNED, MOST_TESTED, Range
from structbench.data.signals.embedded import EmbeddedMNIST1D

DATASETS: dict[str, Dataset] = {
    "mnist": EmbeddedMNIST(
        name="mnist",
        input_shape=(1, 28, 28), classes=10, train_examples=60_000, test_examples=10_000,
        licence="CC BY-SA 3.0",
        source="handwritten digits; LeCun, Bottou, Bengio, Haffner: Gradient-based learning "
        "applied to document recognition, 1998",
    ),
    "fashion_mnist": IdxDataset(
        name="fashion_mnist",
        input_shape=(1, 28, 28), classes=10, train_examples=60_000, test_examples=10_000,
        licence="MIT",
        source="clothes; Xiao, Rasul, Vollgraf: Fashion-MNIST, 2017",
        class_names=(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot",
        ),
        torchvision_class="FashionMNIST", layout="FashionMNIST/raw", files=IDX_FILES,
    ),
    "kmnist": IdxDataset(
        name="kmnist",
        input_shape=(1, 28, 28), classes=10, train_examples=60_000, test_examples=10_000,
        licence="CC BY-SA 4.0",
        source="cursive Japanese characters; Clanuwat et al.: Deep learning for classical "
        "Japanese literature, 2018",
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        torchvision_class="KMNIST", layout="KMNIST/raw", files=IDX_FILES,
    ),
    "cifar10": CifarDataset(
        name="cifar10",
        input_shape=(3, 32, 32), classes=10, train_examples=50_000, test_examples=10_000,
        licence="none stated",
        source="photographs; Krizhevsky: Learning multiple layers of features from tiny "
        "images, 2009",
        class_names=(
            "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
            "truck",
        ),
        torchvision_class="CIFAR10", layout="cifar-10-batches-py", label_key="labels",
        files=(*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
        md5=(
            "c99cafc152244af753f735de768cd75f",
            "d4bba439e000b95fd0a9bffe97cbabec",
            "54ebc095f3ab1f0389bbae665268c751",
            "634d18415352ddfa80567beed471001a",
            "482c414d41f54cd18b22e5b47cb7c3cb",
            "40351d587109b95175f43aff81a1287e",
            "5ff9c542aee3614f3951f8cda6e48888",
        ),
    ),
    "cifar100": CifarDataset(
        name="cifar100",
        input_shape=(3, 32, 32), classes=100, train_examples=50_000, test_examples=10_000,
        licence="none stated",
        source="photographs; Krizhevsky: Learning multiple layers of features from tiny "
        "images, 2009",
        class_names=CIFAR100_CLASSES,
        torchvision_class="CIFAR100", layout="cifar-100-python", label_key="fine_labels",
        files=("train", "test", "meta"),
        md5=(
            "16019d7e3df5f24257cddd939b257f8d",
            "f0ef6b0ae62326f3e7ffdfab6717acfc",
            "7973b15100ade9c7d40fb424638fde48",
        ),
    ),
    "mnist1d": EmbeddedMNIST1D(
        name="mnist1d",
        input_shape=(1, 40), classes=10, train_examples=4_000, test_examples=1_000,
        licence="Apache-2.0",
        source="digits drawn as signals; Greydanus, Kobak: Scaling down deep learning with "
        "MNIST-1D, 2024",
    ),
    "numbers": Numbers(
        name="numbers",
        asked=Range("fr", "en", 0, 999_999), train_examples=MOST_LEARNED, test_examples=MOST_TESTED,
        licence="Unicode 3.0",
        source="numbers in words, French to English or between other languages; spelled by the "
        "rules of Unicode's CLDR",
    ),
    "karate": KarateClub(
        name="karate",
        nodes=34, edges=78, within=67, features=34, values=34,
        classes=2, class_names=("Mr. Hi", "Officer"), train_examples=26, test_examples=8,
        conditions=("clean", "rewire_edges:0.5"), smoke_sizes=(4, 8),
        licence="BSD-3-Clause",
        source="people of a karate club, and which half each joined when it split; Zachary: An "
        "information flow model for conflict and fission in small groups, 1977",
    ),
    "cora": Cora(
        name="cora",
        nodes=2_708, edges=5_278, within=4_275, features=1_433, values=49_216,
        classes=7, train_examples=2_031, test_examples=677,
        class_names=(
            "Neural Networks", "Rule Learning", "Reinforcement Learning", "Probabilistic Methods",
            "Theory", "Genetic Algorithms", "Case Based",
        ),
        licence="Apache-2.0",
        source="papers on machine learning, their words and citations; Sen et al.: Collective "
        "classification in network data, 2008; McCallum et al.: Automating the construction of "
        "internet portals, 2000; from Neo4j's package graphdatascience",
    ),
    "social": MadeNetwork(
        name="social",
        nodes=1_000, edges=5_000, within=4_000, features=16, values=16_000, telling=1.0,
        classes=2, class_names=("group 1", "group 2"), train_examples=750, test_examples=250,
        licence="none needed",
        source="a network that each seed draws, with groups that show in its edges and its "
        "features; Deshpande et al.: Contextual stochastic block models, 2018",
    ),
}  # fmt: skip
