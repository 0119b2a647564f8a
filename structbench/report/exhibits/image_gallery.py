"""Images that tell two models apart, or that one model is sure of and wrong about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.outcome import Predictions
from structbench.report.exhibits.material import Material
from structbench.report.figures.style import (
    MUTED,
    WIDTH,
    CaptionedFigure,
    Look,
    axes_at,
    drawn_figure,
    framed,
    looks,
    short,
)
from structbench.report.focus import focus, leader
from structbench.report.section import Section
from structbench.results.comparison import Comparison

# So many fit; the caption says of how many they were chosen.
PICTURES, COLUMNS = 12, 4


@dataclass(frozen=True)
class Answer:
    """What a model says of one image, and the probability it gives to that class."""

    model: str
    predicted: int
    confidence: float


@dataclass(frozen=True)
class Picture:
    """A test image as the networks saw it: float32 [channels, height, width] in [0, 1]."""

    image: NDArray[np.float32]
    label: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Gallery:
    """Images that only `model` gets right, or, without a baseline, that it gets wrong.

    total: how many such images there are; reverse: how many only the baseline gets right;
    permuted: whether the networks learned from permuted pixels, so that pictures show dots
    """

    condition: str
    model: str
    baseline: str | None
    pictures: tuple[Picture, ...]
    total: int
    reverse: int
    seed: int
    permuted: bool = False


def gallery(comparison: Comparison, material: Material) -> Section:
    """The images, with what each network says of them; a sentence where there are none."""
    shown = chosen(comparison, material)
    found = {"gallery": pictures(shown, looks(list(comparison.models)))} if shown.pictures else {}
    if shown.baseline is None:
        text = f"There is no test image of condition {shown.condition} that {shown.model} gets "
        return Section("gallery", "Sure, and wrong", "" if found else f"{text}wrong.", found)
    text = (
        f"{shown.model} alone is right on {shown.total:,} images, {shown.baseline} alone on "
        f"{shown.reverse:,}."
    )
    return Section("gallery", "Images that tell them apart", text, found)


def chosen(comparison: Comparison, material: Material) -> Gallery:
    """The images to show of the first model beside the baseline, and of how many."""
    condition, model, baseline = focus(comparison), leader(comparison), comparison.baseline
    names = [model] if baseline is None else [model, baseline]
    outcomes = {name: material.first[name][1] for name in names}
    told = {name: outcome.predictions[condition] for name, outcome in outcomes.items()}
    wrong = {name: outcome.wrong(condition) for name, outcome in outcomes.items()}
    labels = material.labels(condition)
    candidates = wrong[names[-1]] & (~wrong[model] if baseline else True)
    places = spread_over_classes(candidates, labels, told[names[-1]].confidence, PICTURES)
    images = material.inputs(condition)
    return Gallery(
        condition,
        model,
        baseline,
        tuple(
            Picture(images[i], int(labels[i]), tuple(_answer(n, told[n], i) for n in names))
            for i in places
        ),
        total=int(candidates.sum()),
        reverse=int((wrong[model] & ~wrong[baseline]).sum()) if baseline else 0,
        seed=material.seed,
        permuted=bool(material.run.experiment.data.structure_removed),
    )


def _answer(model: str, told: Predictions, index: int) -> Answer:
    return Answer(model, int(told.predicted[index]), float(told.confidence[index]))


def spread_over_classes(
    candidates: NDArray[np.bool_],
    labels: NDArray[np.int64],
    confidence: NDArray[np.float32],
    most: int,
) -> list[int]:
    """Up to `most` candidates: the surest of each class, then the next surest; by class.

    candidates, labels, confidence: [images]; ties go to the image that comes first
    """
    found = np.flatnonzero(candidates)
    surest = found[np.lexsort((found, -confidence[found]))]
    before = dict.fromkeys(labels[surest].tolist(), 0)
    ranked = []
    for index in surest.tolist():
        label = int(labels[index])
        ranked.append((before[label], -float(confidence[index]), index))
        before[label] += 1
    return sorted(
        (i for *_, i in sorted(ranked)[:most]), key=lambda i: (labels[i], -confidence[i], i)
    )


def pictures(shown: Gallery, look: Mapping[str, Look]) -> CaptionedFigure:
    """Test images with what each network says of them."""
    tile, lines = 1.18, 1 + len(shown.pictures[0].answers)
    height = tile + 0.13 + 0.17 * lines + 0.16
    rows = -(-len(shown.pictures) // COLUMNS)

    def draw(figure: CaptionedFigure) -> None:
        for i, picture in enumerate(shown.pictures):
            left, top = (i % COLUMNS) * 1.32 + 0.04, (i // COLUMNS) * height + 0.04
            axes = axes_at(figure, left, top, tile, tile)
            axes.imshow(_visible(picture.image), cmap="gray", vmin=0, vmax=1, interpolation="none")
            framed(axes)
            _answers(figure, left, top + tile + 0.13, picture, look)

    figure = drawn_figure(WIDTH, height * rows, draw)
    figure.caption = _caption(shown)
    figure.alt = "Test images: " + "; ".join(
        f"true {p.label}, " + ", ".join(f"{a.model} says {a.predicted}" for a in p.answers)
        for p in shown.pictures
    )
    return figure


def _answers(
    figure: CaptionedFigure, left: float, top: float, picture: Picture, look: Mapping[str, Look]
) -> None:
    def write(across: float, down: float, text: str, **more: Any) -> None:
        place = (left + across) / figure.get_figwidth(), 1 - (top + down) / figure.get_figheight()
        figure.text(*place, text, va="center", size=8, **more)

    write(0, 0, f"true {picture.label}", color=MUTED)
    for i, answer in enumerate(picture.answers, 1):
        axes = axes_at(figure, left, top + 0.17 * i - 0.05, 0.1, 0.1)
        axes.plot(0, 0, look[answer.model].marker, color=look[answer.model].colour, ms=5, mew=0)
        axes.set_axis_off()
        weight = "bold" if answer.predicted == picture.label else "normal"
        write(0.15, 0.17 * i, f"{short(answer.model, 7)} {answer.predicted}", weight=weight)
        sure = "> 99 %" if answer.confidence > 0.995 else f"{100 * answer.confidence:.0f} %"
        write(1.18, 0.17 * i, sure, ha="right", color=MUTED)


def _caption(shown: Gallery) -> str:
    some = (
        f"{len(shown.pictures)} of the {shown.total:,} test images of condition {shown.condition}"
    )
    pixels = ", with their pixels permuted as the networks saw them" if shown.permuted else ""
    sure = "The percentage is the probability that a network gives to its answer"
    if shown.baseline is None:
        return (
            f"{some}{pixels} that {shown.model} (seed {shown.seed}) gets wrong: of each class, "
            f"those it is surest of. {sure}."
        )
    return (
        f"{some}{pixels} that {shown.model} gets right and {shown.baseline} wrong (seed "
        f"{shown.seed}): of each class, those {shown.baseline} is surest of. The other way round, "
        f"{shown.baseline} alone is right on {shown.reverse:,}. {sure}; right answers are bold."
    )


def _visible(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """[channels, height, width] → what imshow takes: [height, width, 3] or [height, width]."""
    clipped: NDArray[np.float32] = image.clip(0, 1)
    return clipped.transpose(1, 2, 0) if len(image) == 3 else clipped[0]
