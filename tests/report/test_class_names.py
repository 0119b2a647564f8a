"""Classes are called by their names wherever a report tells of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from structbench.data import DATASETS
from structbench.report.exhibits.confusion import confusion, errors_table, matrices
from structbench.report.exhibits.gallery import Picture, pictures
from structbench.report.exhibits.images import IMAGES
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.signals import SIGNALS
from structbench.report.figures.style import CaptionedFigure, looks, svg, told_apart
from structbench.results.compare import Asked
from tests.made import compared, errors, outcome_of

FASHION = DATASETS["fashion_mnist"].class_names
CIFAR100 = DATASETS["cifar100"].class_names


def texts(figure: CaptionedFigure) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg(figure, inline=True))


def matrix(names: Sequence[str], classes: int = 0) -> CaptionedFigure:
    """Of one model, which answers the second class where the first is true."""
    counts = 9 * np.eye(classes or len(names), dtype=np.int64)
    counts[0, 1] = 4
    return matrices({"cnn": counts}, "clean", 0, names)


@pytest.mark.parametrize("name", ["fashion_mnist", "kmnist", "cifar10", "cifar100"])
def test_known_images_have_a_name_for_each_class(name: str) -> None:
    dataset = DATASETS[name]
    assert len(set(dataset.class_names)) == dataset.problem(None).classes  # type: ignore[arg-type]


def test_names_that_begin_alike_are_told_apart() -> None:
    names = ["n02085-terrier-long", "n02085-terrier-short", "cat", "n02085-terrier"]
    assert told_apart(names, 12) == ["n0208…-long", "n0208…-short", "cat", "n0208…"]
    assert told_apart(names, 30) == names
    within = [f"texture of kind {i} with a long name" for i in range(30)]
    labels = told_apart(within, 14)
    assert labels[3] == "textur…3 with…"
    assert len(set(labels)) == 30
    assert max(map(len, labels)) == 14
    nested = ["a" * 20 + end for end in ("", "b" * 20 + "1", "b" * 20 + "2", "c")]
    assert told_apart(nested, 8) == ["aaa…", "aaa…1", "aaa…2", "aaa…c"]


def test_a_few_classes_are_named_beside_the_matrix_and_marked_beneath() -> None:
    figure = matrix(FASHION)
    seen = texts(figure)
    for i, name in enumerate(FASHION):
        assert f"{name}  {'ABCDEFGHIJ'[i]}" in seen
        assert "ABCDEFGHIJ"[i] in seen
    assert "cnn most often answers Trouser where T-shirt/top is true, 4 times" in figure.alt


def test_short_names_stand_at_both_sides() -> None:
    seen = texts(matrix(tuple("123")))
    assert [seen.count(name) for name in "123"] == [2, 2, 2]
    assert "true class" in seen
    assert "0" not in seen
    numbers = [str(i) for i in range(1, 21)]
    seen = texts(matrix(numbers))
    assert [seen.count(name) for name in numbers] == [2] * 20


def test_as_many_classes_as_there_are_letters_are_all_named() -> None:
    names = [f"instrument {i}" for i in range(26)]
    seen = texts(matrix(names))
    assert all(any(text.startswith(name) for text in seen) for name in names)
    assert {*"ABCXYZ"} <= {*seen}


def test_of_a_hundred_some_are_named_and_it_is_said() -> None:
    figure = matrix(CIFAR100)
    seen = texts(figure)
    assert {"apple", "bed"} <= {*seen}
    assert len(seen) < 30
    assert "One in 5 classes is named; columns are in the order of the rows." in figure.caption
    assert "named" not in matrix((), 100).caption


def test_the_most_frequent_errors_are_told_in_words() -> None:
    wrong = np.isin(np.arange(100), [9, 7, 17, 27])  # answered as the next class
    names = [f"class {i}{'x' * 60 * (i == 8)}" for i in range(10)]
    found = {"cnn": outcome_of("cnn", 0, {"clean": wrong})}
    table = errors_table(found, "clean", names, "example", "note")
    assert table.rows == (
        ("cnn", "class 7", f"class 8{'x' * 32}…", "3 of 10"),
        ("cnn", "class 9", "class 0", "1 of 10"),
    )


@pytest.mark.parametrize(("classes", "figures", "tables"), [(12, 1, 0), (13, 1, 1), (1001, 0, 1)])
def test_of_very_many_classes_there_are_words_alone(
    classes: int, figures: int, tables: int
) -> None:
    names = tuple(f"class {i}" for i in range(classes))
    runs = {"cnn": outcome_of("cnn", 0, {"clean": errors(0.2, 0)})}
    data = SimpleNamespace(problem=SimpleNamespace(classes=classes))
    run = SimpleNamespace(experiment=SimpleNamespace(data=data))
    first = {name: (run, outcome) for name, outcome in runs.items()}
    material = cast(Material, SimpleNamespace(class_names=names, run=run, first=first))
    asked = Asked("image", "own", ("clean",), None, 0.005, "")
    shown = confusion(compared({"cnn": [runs["cnn"]]}, asked), material)
    assert (len(shown.figures), len(shown.tables)) == (figures, tables)


@pytest.mark.parametrize(("drawing", "axes"), [(IMAGES, 2), (SIGNALS, 1)])
def test_examples_have_the_names_of_their_classes(drawing: object, axes: int) -> None:
    example = np.zeros((1, *(8,) * axes), np.float32)
    shown = [Picture(example, 9, {"cnn": (9, 0.5), "fnn": (0, 0.9)})]
    figure = pictures(drawing, shown, looks(["cnn", "fnn"]), FASHION)  # type: ignore[arg-type]
    seen = texts(figure)
    assert {"true Ankle boot", "Ankle boot", "T-shirt/top"} <= {*seen}
    assert seen.count("cnn") == 1, "above, for all of them"
    assert (
        figure.alt
        == ("Test images: " if axes == 2 else "Test signals: ")
        + "true Ankle boot, cnn says Ankle boot, fnn says T-shirt/top"
    )


def test_examples_of_classes_with_short_names_name_the_networks_beside_them() -> None:
    shown = [Picture(np.zeros((1, 8), np.float32), 0, {"cnn": (1, 0.5)})] * 2
    seen = texts(pictures(SIGNALS, shown, looks(["cnn"]), ("1", "2")))
    assert seen.count("cnn 2") == seen.count("true 1") == 2
