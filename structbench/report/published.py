"""What others published of networks that can be trained here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


def _with_sd(percent: str, sd: str) -> str:
    return f"{percent} ± {sd} %" if sd else f"{percent} %"


class Published(NamedTuple):
    """One number: what a source says of one network.

    condition, structure_removed: as in a comparison
    family, parameters: by which the network is known here; without parameters it is the only one of
        its family
    train_examples: from which it learned
    percent: misclassified, with the digits that were published; sd: its standard deviation over
        splits and initial weights, where there is one
    """

    source: str
    data: str
    condition: str
    structure_removed: float
    network: str
    family: str
    parameters: int | None
    train_examples: int
    percent: str
    sd: str = ""

    @property
    def text(self) -> str:
        """As it was published."""
        return _with_sd(self.percent, self.sd)

    def range(self) -> tuple[float, float]:
        """The shares that are rounded to it."""
        half = 0.5 * 10.0 ** -len(self.percent.partition(".")[2])
        return (float(self.percent) - half) / 100, (float(self.percent) + half) / 100


class PublishedDepth(NamedTuple):
    """One error on CIFAR-10 of a network of so many layers, with batch normalisation.

    family: by which it is known here; percent, sd: as of Published, sd over runs
    """

    source: str
    network: str
    family: str
    depth: int
    percent: str
    sd: str = ""

    @property
    def text(self) -> str:
        """As it was published."""
        return _with_sd(self.percent, self.sd)


SHCHUR = "Shchur et al., 2018"
PUBLISHED = (
    Published("the lecture", "mnist", "translate:2,2", 0, "CNN", "cnn", 421_642, 60_000, "18.1"),
    Published("the lecture", "mnist", "translate:2,2", 0, "FNN", "fnn", 418_666, 60_000, "47.1"),
    # 1 minus the accuracies of Greydanus and Kobak, 2024.
    Published("the paper", "mnist1d", "clean", 0, "linear", "linear", 410, 4_000, "68"),
    Published("the paper", "mnist1d", "clean", 0, "MLP", "fnn", 15_210, 4_000, "32"),
    Published("the paper", "mnist1d", "clean", 0, "CNN", "cnn", 5_210, 4_000, "6"),
    Published("the paper", "mnist1d", "clean", 0, "GRU", "rnn", 5_134, 4_000, "9"),
    Published("the paper", "mnist1d", "clean", 1, "linear", "linear", 410, 4_000, "68"),
    Published("the paper", "mnist1d", "clean", 1, "MLP", "fnn", 15_210, 4_000, "32"),
    Published("the paper", "mnist1d", "clean", 1, "CNN", "cnn", 5_210, 4_000, "44"),
    Published("the paper", "mnist1d", "clean", 1, "GRU", "rnn", 5_134, 4_000, "43"),
    Published("its notebook", "mnist1d", "clean", 0, "linear", "linear", 410, 4_000, "68.5"),
    Published("its notebook", "mnist1d", "clean", 0, "MLP", "fnn", 15_210, 4_000, "34.9"),
    Published("its notebook", "mnist1d", "clean", 0, "CNN", "cnn", 5_210, 4_000, "7.7"),
    Published("its notebook", "mnist1d", "clean", 0, "GRU", "rnn", 5_134, 4_000, "10.9"),
    Published("its notebook", "mnist1d", "clean", 1, "linear", "linear", 410, 4_000, "68.5"),
    Published("its notebook", "mnist1d", "clean", 1, "MLP", "fnn", 15_210, 4_000, "34.0"),
    Published("its notebook", "mnist1d", "clean", 1, "CNN", "cnn", 5_210, 4_000, "41.3"),
    Published("its notebook", "mnist1d", "clean", 1, "GRU", "rnn", 5_134, 4_000, "46.7"),
    # 100 minus the accuracies of Shchur et al., 2018.
    Published(SHCHUR, "cora", "clean", 0, "MLP", "fnn", None, 140, "41.8"),
    Published(SHCHUR, "cora", "clean", 0, "GCN", "gcn", None, 140, "18.5", "1.3"),
    Published(SHCHUR, "cora", "clean", 0, "GraphSAGE", "sage", None, 140, "20.8", "7.7"),
    Published(SHCHUR, "cora", "clean", 0, "GAT", "gat", None, 140, "18.2", "1.3"),
)


HE, AGAIN = "He et al., 2016", "a re-implementation"
DEPTHS = (
    PublishedDepth(HE, "ResNet-20", "resnet", 20, "8.75"),
    PublishedDepth(HE, "ResNet-32", "resnet", 32, "7.51"),
    PublishedDepth(HE, "ResNet-44", "resnet", 44, "7.17"),
    PublishedDepth(HE, "ResNet-56", "resnet", 56, "6.97"),
    PublishedDepth(HE, "ResNet-110", "resnet", 110, "6.43"),
    PublishedDepth(AGAIN, "plain-20", "plain", 20, "9.78", "0.13"),
    PublishedDepth(AGAIN, "plain-56", "plain", 56, "12.95", "0.22"),
    PublishedDepth(AGAIN, "ResNet-20", "resnet", 20, "8.51", "0.22"),
    PublishedDepth(AGAIN, "ResNet-56", "resnet", 56, "7.40", "0.27"),
)
ABOUT_DEPTHS = (
    "what was published is of CIFAR-10, after 64,000 steps on batches of 128, with width 16 and "
    f"augmentation; {HE}: of ResNet-110 the best of five runs, and of plain networks no number; "
    f"{AGAIN} (nabla0001/resnet): mean ± standard deviation over five runs"
)


@dataclass(frozen=True)
class About:
    """What is to be known beside the numbers that were published of a data set.

    note: beneath the table; told: a finding; reasons: why ours may differ, where they do
    """

    title: str
    note: str
    told: str = ""
    reasons: str = ""


ABOUT: Mapping[str, About] = {
    "mnist": About(
        "beside the lecture",
        "the lecture gives its two numbers but not its test set; that it was shifted by 2 pixels "
        "right and down is our reconstruction, and nothing was tuned to meet the numbers",
        "The lecture reports 18.1 % for its CNN and 47.1 % for its FNN without describing its test "
        "set; the shift by two pixels is our reconstruction of it.",
    ),
    "mnist1d": About(
        "beside what was published",
        "the paper: the table of Greydanus and Kobak, 2024; its notebook: the last step of the "
        "training that they publish with it; both are of one seed, without an interval: 6,000 "
        "steps of Adam with learning rate 0.01 on batches of 100, positions permuted in one way",
        reasons="There may be several reasons: theirs is one seed after 6,000 steps, its batches "
        "come in the same order in each epoch and ours do not, and where positions are permuted "
        "ours are permuted in another way.",
    ),
    "cora": About(
        "beside what was published",
        f"{SHCHUR}: means, and where they are given standard deviations, over 100 random splits "
        "with 20 initialisations each, of the 2,485 papers of the largest component alone: 20 "
        "labelled papers of each class, 30 of each to validate, all others tested; options were "
        "chosen for each network and training was stopped by validation. Of the one split that "
        "most publications share, which is not ours, Kipf and Welling (2017) report 18.5 % for "
        "their GCN and Veličković et al. (2018) 17.0 % for their GAT",
        reasons="There may be several reasons: theirs is the largest component alone and ours all "
        "2,708 papers, split in another way; their options were chosen for each network, ours were "
        "not; and their training was stopped by validation.",
    ),
}
