"""Examples that tell two models apart, or that one model is sure of and wrong about.

Which are chosen and what is said of them is the same for images and signals; a Drawing draws one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.outcome import NO_NUMBER
from structbench.report.exhibits.drawing import Drawing
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
from structbench.report.text import capital
from structbench.results.comparison import Comparison

# So many fit; the caption says of how many they were chosen.
PICTURES = 12
# Inches between examples, beneath one, of a line of text, and of a letter.
GAP, BENEATH, LINE, LETTER = 0.14, 0.46, 0.17, 0.07


@dataclass(frozen=True)
class Picture:
    """A test example as the networks saw it: float32 [channels, *sides]; images in [0, 1].

    answers: model → the class it answers, and the probability it gives to it
    """

    example: NDArray[np.float32]
    label: int
    answers: Mapping[str, tuple[int, float]]


def gallery(drawing: Drawing, comparison: Comparison, material: Material) -> Section:
    """Examples that only the first model gets right, or, without a baseline, that it gets wrong."""
    condition, model, baseline = focus(comparison), leader(comparison), comparison.baseline
    wrong = {name: outcome.wrong(condition) for name, (_, outcome) in material.first.items()}
    one = drawing.one
    if baseline:
        found, reverse = wrong[baseline] & ~wrong[model], wrong[model] & ~wrong[baseline]
        heading, which = f"{one}s that tell them apart", f"{model} gets right and {baseline} wrong"
        text = (
            f"{model} alone is right on {found.sum():,} {one}s, {baseline} alone on "
            f"{reverse.sum():,}."
        )
    else:
        found, heading, which, text = wrong[model], "sure, and wrong", f"{model} gets wrong", ""
    if not found.any():
        text = f"{text} There is no test {one} of condition {condition} that {which}.".strip()
        return Section("gallery", capital(heading), text)
    shown = _surest(material, condition, list(filter(None, (model, baseline))), found)
    figure = pictures(drawing, shown, looks(list(comparison.models)))
    permuted = f", with their {drawing.place}s permuted as the networks saw them"
    permuted *= bool(material.run.experiment.data.structure_removed)
    bold = "; right answers are bold" * bool(baseline)
    remarks = (
        f"{len(shown)} of the {found.sum():,} test {one}s of condition {condition}{permuted} that "
        f"{which} (seed {comparison.seeds[0]}): of each class, those that {baseline or model} is "
        f"surest of. The percentage is the probability that a network gives to its answer{bold}.",
        drawing.scale,
    )
    figure.caption = " ".join(filter(None, remarks))
    return Section("gallery", capital(heading), text, {"gallery": figure})


def _surest(
    material: Material, condition: str, names: Sequence[str], found: NDArray[np.bool_]
) -> list[Picture]:
    """Of what was found, that of which the last of these models is surest, with their answers."""
    told = {name: material.first[name][1].predictions[condition] for name in names}
    labels, examples = material.labels(condition), material.inputs(condition)
    return [
        Picture(
            examples[i],
            int(labels[i]),
            {name: (int(t.predicted[i]), float(t.confidence[i])) for name, t in told.items()},
        )
        for i in spread_over_classes(found, labels, told[names[-1]].confidence, PICTURES)
    ]


def spread_over_classes(
    candidates: NDArray[np.bool_],
    labels: NDArray[np.int64],
    confidence: NDArray[np.float32],
    most: int,
) -> list[int]:
    """Up to `most` candidates: the surest of each class, then the next surest; by class.

    candidates, labels, confidence: [examples]; ties go to the example that comes first
    """
    found = np.flatnonzero(candidates)
    surest = found[np.lexsort((found, -confidence[found]))]
    of = labels[surest]
    before = [np.count_nonzero(of[:i] == label) for i, label in enumerate(of)]
    best = surest[np.lexsort((surest, -confidence[surest], before))][:most]
    by_class: list[int] = best[np.lexsort((best, -confidence[best], labels[best]))].tolist()
    return by_class


def pictures(
    drawing: Drawing, shown: Sequence[Picture], look: Mapping[str, Look]
) -> CaptionedFigure:
    """Test examples with what each network says of them."""
    height = drawing.height + BENEATH + LINE * len(shown[0].answers)
    examples = np.stack([picture.example for picture in shown])

    def draw(figure: CaptionedFigure) -> None:
        for i, picture in enumerate(shown):
            down, across = divmod(i, drawing.columns)
            left, top = across * (drawing.width + GAP) + 0.04, down * height + 0.04
            axes = axes_at(figure, left, top, drawing.width, drawing.height)
            drawing.example(axes, picture.example, examples)
            framed(axes)
            place = (left, top + drawing.height + 0.13, drawing.width)
            _answers(figure, place, picture, look)

    figure = drawn_figure(WIDTH, -(-len(shown) // drawing.columns) * height, draw)
    figure.alt = f"Test {drawing.one}s: " + "; ".join(
        f"true {picture.label}, "
        + ", ".join(f"{name} says {said(answer)}" for name, (answer, _) in picture.answers.items())
        for picture in shown
    )
    return figure


def _answers(
    figure: CaptionedFigure,
    place: tuple[float, float, float],
    picture: Picture,
    look: Mapping[str, Look],
) -> None:
    """A line for the truth and for each network. place: left, top and width in inches"""
    left, top, width = place

    def write(across: float, down: float, text: str, **more: Any) -> None:
        at = (left + across) / figure.get_figwidth(), 1 - (top + down) / figure.get_figheight()
        figure.text(*at, text, va="center", size=8, **more)

    letters = int((width - 0.68) / LETTER)
    write(0, 0, f"true {picture.label}", color=MUTED)
    for i, (name, (answer, confidence)) in enumerate(picture.answers.items(), 1):
        axes = axes_at(figure, left, top + LINE * i - 0.05, 0.1, 0.1)
        axes.plot(0, 0, look[name].marker, color=look[name].colour, ms=5, mew=0)
        axes.set_axis_off()
        weight = "bold" if answer == picture.label else "normal"
        write(0.15, LINE * i, f"{short(name, letters)} {said(answer)}", weight=weight)
        sure = "> 99 %" if confidence > 0.995 else f"{100 * confidence:.0f} %"
        write(width, LINE * i, sure, ha="right", color=MUTED)


def said(answer: int) -> str:
    """What a network answers, in words."""
    return "no number" if answer == NO_NUMBER else str(answer)
