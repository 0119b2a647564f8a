"""Images that tell two models apart, or that one model is sure of and wrong about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.outcome import NO_NUMBER
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
class Picture:
    """A test image as the networks saw it: float32 [channels, height, width] in [0, 1].

    answers: model → the class it answers, and the probability it gives to it
    """

    image: NDArray[np.float32]
    label: int
    answers: Mapping[str, tuple[int, float]]


def gallery(comparison: Comparison, material: Material) -> Section:
    """Images that only the first model gets right, or, without a baseline, that it gets wrong."""
    condition, model, baseline = focus(comparison), leader(comparison), comparison.baseline
    names = [model, baseline] if baseline else [model]
    told = {name: material.first[name][1].predictions[condition] for name in names}
    wrong = {name: material.first[name][1].wrong(condition) for name in names}
    found = wrong[names[-1]] & ~wrong[model] if baseline else wrong[model]
    labels = material.labels(condition)
    chosen = spread_over_classes(found, labels, told[names[-1]].confidence, PICTURES)
    images = material.inputs(condition)
    shown = [
        Picture(
            images[i],
            int(labels[i]),
            {name: (int(t.predicted[i]), float(t.confidence[i])) for name, t in told.items()},
        )
        for i in chosen
    ]
    total = f"{found.sum():,}"
    if baseline:
        reverse = f"{(wrong[model] & ~wrong[baseline]).sum():,}"
        heading, kind = "Images that tell them apart", f"{model} gets right and {baseline} wrong"
        text = f"{model} alone is right on {total} images, {baseline} alone on {reverse}."
    else:
        heading, kind, text = "Sure, and wrong", f"{model} gets wrong", ""
    if not shown:
        text = f"{text} There is no test image of condition {condition} that {kind}.".strip()
        return Section("gallery", heading, text)
    data, figure = material.run.experiment.data, pictures(shown, looks(list(comparison.models)))
    dots = ", with their pixels permuted as the networks saw them" * bool(data.structure_removed)
    figure.caption = (
        f"{len(shown)} of the {total} test images of condition {condition}{dots} that {kind} (seed "
        f"{comparison.seeds[0]}): of each class, those that {names[-1]} is surest of. The "
        "percentage is the probability that a network gives to its answer"
        f"{'; right answers are bold' * bool(baseline)}."
    )
    return Section("gallery", heading, text, {"gallery": figure})


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
    of = labels[surest]
    before = [np.count_nonzero(of[:i] == label) for i, label in enumerate(of)]
    best = surest[np.lexsort((surest, -confidence[surest], before))][:most]
    by_class: list[int] = best[np.lexsort((best, -confidence[best], labels[best]))].tolist()
    return by_class


def pictures(shown: Sequence[Picture], look: Mapping[str, Look]) -> CaptionedFigure:
    """Test images with what each network says of them."""
    tile = 1.18
    height = tile + 0.46 + 0.17 * len(shown[0].answers)

    def draw(figure: CaptionedFigure) -> None:
        for i, picture in enumerate(shown):
            left, top = (i % COLUMNS) * 1.32 + 0.04, (i // COLUMNS) * height + 0.04
            axes = axes_at(figure, left, top, tile, tile)
            axes.imshow(_visible(picture.image), cmap="gray", vmin=0, vmax=1, interpolation="none")
            framed(axes)
            _answers(figure, left, top + tile + 0.13, picture, look)

    figure = drawn_figure(WIDTH, height * -(-len(shown) // COLUMNS), draw)
    figure.alt = "Test images: " + "; ".join(
        f"true {picture.label}, "
        + ", ".join(f"{name} says {said(answer)}" for name, (answer, _) in picture.answers.items())
        for picture in shown
    )
    return figure


def _answers(
    figure: CaptionedFigure, left: float, top: float, picture: Picture, look: Mapping[str, Look]
) -> None:
    def write(across: float, down: float, text: str, **more: Any) -> None:
        place = (left + across) / figure.get_figwidth(), 1 - (top + down) / figure.get_figheight()
        figure.text(*place, text, va="center", size=8, **more)

    write(0, 0, f"true {picture.label}", color=MUTED)
    for i, (name, (answer, confidence)) in enumerate(picture.answers.items(), 1):
        axes = axes_at(figure, left, top + 0.17 * i - 0.05, 0.1, 0.1)
        axes.plot(0, 0, look[name].marker, color=look[name].colour, ms=5, mew=0)
        axes.set_axis_off()
        weight = "bold" if answer == picture.label else "normal"
        write(0.15, 0.17 * i, f"{short(name, 7)} {said(answer)}", weight=weight)
        sure = "> 99 %" if confidence > 0.995 else f"{100 * confidence:.0f} %"
        write(1.18, 0.17 * i, sure, ha="right", color=MUTED)


def _visible(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """[channels, height, width] → what imshow takes: [height, width, 3] or [height, width]."""
    clipped: NDArray[np.float32] = image.clip(0, 1)
    return clipped.transpose(1, 2, 0) if len(image) == 3 else clipped[0]


def said(answer: int) -> str:
    """What a network answers, in words."""
    return "no number" if answer == NO_NUMBER else str(answer)
