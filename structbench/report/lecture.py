"""The lecture's own numbers, and when a comparison stands beside them."""

from collections.abc import Mapping
from typing import NamedTuple

from structbench.results.comparison import Comparison


class LectureRow(NamedTuple):
    """What the lecture says of one network."""

    family: str
    parameters: int
    misclassification: float


LECTURE: Mapping[str, LectureRow] = {
    "CNN": LectureRow("cnn", 421_642, 0.181),
    "FNN": LectureRow("fnn", 418_666, 0.471),
}


def lecture_models(comparison: Comparison) -> dict[str, str]:
    """The lecture's network → its name here, where both are compared on the shifted images."""
    if comparison.smoke or comparison.data != "mnist":
        return {}
    if "translate:2,2" not in comparison.conditions:
        return {}
    found = {
        label: name
        for label, row in LECTURE.items()
        for name, model in comparison.models.items()
        if (model.family, model.parameters) == (row.family, row.parameters)
    }
    return found if found.keys() == LECTURE.keys() else {}
