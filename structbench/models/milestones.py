"""The lecture's milestones: what they are, and what was published of them."""

from __future__ import annotations

from dataclasses import dataclass

from structbench.errors import ConfigError
from structbench.models.layer_table import LayerTable
from structbench.models.lenet import LeNet5
from structbench.models.spec import ModelSpec
from structbench.models.zoo import VGG19, AlexNet, ResNet152, SENet154, SEResNet152
from structbench.problem import Problem

MNIST = Problem("image", (1, 28, 28), 10)
IMAGENET = Problem("image", (3, 224, 224), 1000)

# What a layer is in this count, and names of parts that stand beside the others, not after them:
# shortcuts, and squeeze and excitation.
_COUNTED = ("Conv", "Linear")
_BESIDE = ("downsample", "se_module")


@dataclass(frozen=True)
class Error:
    """One published number: misclassified in per cent, and what it is of.

    networks: how many answered together, in words
    tested_on: `validation` or `test` images
    top: how many guesses count
    """

    percent: str
    networks: str = "one network"
    tested_on: str = "validation"
    top: int = 5


@dataclass(frozen=True)
class Milestone:
    """A network of the lecture's, and what was published of it.

    error: of the network alone; together: of several that answer together, if it was one of such
    source: where in which paper these stand
    """

    name: str
    year: int
    spec: ModelSpec
    problem: Problem
    source: str
    error: Error
    together: Error | None = None


@dataclass(frozen=True)
class Counted:
    """A milestone with its layers counted; in their place, where they cannot be, the reason."""

    milestone: Milestone
    layers: int | None = None
    parameters: int | None = None
    macs: int | None = None
    missing: str = ""


MILESTONES = (
    Milestone(
        "LeNet-5", 1998, LeNet5(), MNIST, "LeCun et al., 1998, figure 9",
        Error("0.95", tested_on="test", top=1),
    ),
    Milestone(
        "AlexNet", 2012, AlexNet(), IMAGENET, "Krizhevsky et al., 2012, table 2",
        Error("18.2"), Error("15.3", "7 networks", "test"),
    ),
    Milestone(
        "VGG-19", 2014, VGG19(), IMAGENET, "Simonyan and Zisserman, 2015, table 7",
        Error("7.1"), Error("7.3", "7 networks", "test"),
    ),
    Milestone(
        "ResNet-152", 2015, ResNet152(), IMAGENET, "He et al., 2016, tables 4 and 5",
        Error("4.49"), Error("3.57", "6 networks", "test"),
    ),
    Milestone(
        "SE-ResNet-152", 2017, SEResNet152(), IMAGENET,
        "the repository of Hu et al., 2018", Error("5.54"),
    ),
    Milestone(
        "SENet-154", 2017, SENet154(), IMAGENET,
        "Hu et al., 2018, and their repository",
        Error("4.47"), Error("2.251", "several networks", "test"),
    ),
)  # fmt: skip


def counted(milestone: Milestone) -> Counted:
    """What it consists of, counted without its weights."""
    try:
        table = milestone.spec.layer_table(milestone.problem)
    except ConfigError as error:
        told = str(error).removeprefix(f"model {milestone.spec.family}").lstrip(": ")
        return Counted(milestone, missing=told)
    return Counted(milestone, layers_in_turn(table), table.parameters, table.macs)


def layers_in_turn(table: LayerTable) -> int:
    """Convolutions and linear layers that come one after another, as papers count them: without
    those of shortcuts and of squeeze and excitation."""
    return sum(
        row.text.startswith(_COUNTED) and not any(part in row.name for part in _BESIDE)
        for row in table.opened
    )
