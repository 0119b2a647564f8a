"""What others published of networks that can be trained here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Published(NamedTuple):
    """One number: what a source says of one network.

    condition, structure_removed: as in a comparison
    family, parameters: by which the network is known here
    percent: misclassified, with the digits that were published
    """

    source: str
    data: str
    condition: str
    structure_removed: float
    network: str
    family: str
    parameters: int
    percent: str

    def range(self) -> tuple[float, float]:
        """The shares that are rounded to it."""
        half = 0.5 * 10.0 ** -len(self.percent.partition(".")[2])
        return (float(self.percent) - half) / 100, (float(self.percent) + half) / 100


PUBLISHED = (
    Published("the lecture", "mnist", "translate:2,2", 0, "CNN", "cnn", 421_642, "18.1"),
    Published("the lecture", "mnist", "translate:2,2", 0, "FNN", "fnn", 418_666, "47.1"),
    # 1 minus the accuracies of Greydanus and Kobak, 2024.
    Published("the paper", "mnist1d", "clean", 0, "linear", "linear", 410, "68"),
    Published("the paper", "mnist1d", "clean", 0, "MLP", "fnn", 15_210, "32"),
    Published("the paper", "mnist1d", "clean", 0, "CNN", "cnn", 5_210, "6"),
    Published("the paper", "mnist1d", "clean", 0, "GRU", "rnn", 5_134, "9"),
    Published("the paper", "mnist1d", "clean", 1, "linear", "linear", 410, "68"),
    Published("the paper", "mnist1d", "clean", 1, "MLP", "fnn", 15_210, "32"),
    Published("the paper", "mnist1d", "clean", 1, "CNN", "cnn", 5_210, "44"),
    Published("the paper", "mnist1d", "clean", 1, "GRU", "rnn", 5_134, "43"),
    Published("its notebook", "mnist1d", "clean", 0, "linear", "linear", 410, "68.5"),
    Published("its notebook", "mnist1d", "clean", 0, "MLP", "fnn", 15_210, "34.9"),
    Published("its notebook", "mnist1d", "clean", 0, "CNN", "cnn", 5_210, "7.7"),
    Published("its notebook", "mnist1d", "clean", 0, "GRU", "rnn", 5_134, "10.9"),
    Published("its notebook", "mnist1d", "clean", 1, "linear", "linear", 410, "68.5"),
    Published("its notebook", "mnist1d", "clean", 1, "MLP", "fnn", 15_210, "34.0"),
    Published("its notebook", "mnist1d", "clean", 1, "CNN", "cnn", 5_210, "41.3"),
    Published("its notebook", "mnist1d", "clean", 1, "GRU", "rnn", 5_134, "46.7"),
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
}
