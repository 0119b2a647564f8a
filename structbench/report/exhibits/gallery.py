"""Examples that tell two models apart, or that one model is sure of and wrong about.

Which are chosen and what is said of them is the same for images and signals; a Drawing draws one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.report.exhibits.chosen import Chosen, chosen_of, spread_over
from structbench.report.exhibits.drawing import Drawing
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.nodes import class_name
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
    told_apart,
)
from structbench.report.section import Section
from structbench.report.text import sure
from structbench.results.comparison import Comparison

# So many fit; the caption says of how many they were chosen.
PICTURES = 12
# Inches between examples, beneath one, of a line of text, and of a letter.
GAP, BENEATH, LINE, LETTER = 0.14, 0.46, 0.17, 0.07
# Names of classes that are longer need more room: columns, inches of each, of those what stands
# beside a name, and of a bold letter.
FEW, NAMED_COLUMNS, NAMED_WIDTH, BESIDE, BOLD = 3, 3, 1.62, 0.55, 0.075


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
    chosen = chosen_of(comparison, material, drawing.one)
    if not chosen.found.any():
        return chosen.section()
    shown = _surest(material, chosen)
    figure = pictures(drawing, shown, looks(list(comparison.models)), material.class_names)
    permuted = f", with their {drawing.place}s permuted as the networks saw them"
    permuted *= bool(material.run.experiment.data.structure_removed)
    bold = "; right answers are bold" * (len(chosen.names) > 1)
    remarks = (
        f"{len(shown)} of the {chosen.found.sum():,} test {drawing.one}s of condition "
        f"{chosen.condition}{permuted} that {chosen.which} (seed {comparison.seeds[0]}): of each "
        f"class, those that {chosen.names[-1]} is surest of. The percentage is the probability "
        f"that a network gives to its answer{bold}.",
        drawing.scale,
    )
    figure.caption = " ".join(filter(None, remarks))
    return chosen.section({"gallery": figure})


def _surest(material: Material, chosen: Chosen) -> list[Picture]:
    """Of what was chosen, that of which the last of the models is surest, with their answers."""
    condition = chosen.condition
    told = {name: material.first[name][1].predictions[condition] for name in chosen.names}
    labels, examples = material.labels(condition), material.inputs(condition)
    confidence = told[chosen.names[-1]].confidence
    return [
        Picture(
            examples[i],
            int(labels[i]),
            {name: (int(t.predicted[i]), float(t.confidence[i])) for name, t in told.items()},
        )
        for i in spread_over(labels, chosen.found, confidence, PICTURES)
    ]


def pictures(
    drawing: Drawing, shown: Sequence[Picture], look: Mapping[str, Look], names: Sequence[str] = ()
) -> CaptionedFigure:
    """Test examples with what each network says of them. names: of the classes, or none."""
    models = list(shown[0].answers)
    # Where names of classes need the room, those of the models stand above, once for all.
    named = max(map(len, names), default=0) > FEW
    width = max(drawing.width, NAMED_WIDTH) if named else drawing.width
    columns = min(drawing.columns, NAMED_COLUMNS) if named else drawing.columns
    labels = told_apart(names, int((width - BESIDE) / BOLD)) if named else names
    height, above = drawing.height + BENEATH + LINE * len(models), 1.5 * LINE * named
    examples = np.stack([picture.example for picture in shown])

    def draw(figure: CaptionedFigure) -> None:
        for i, model in enumerate(models * named):
            left = 0.04 + i * WIDTH / 2
            _mark(figure, left, LINE / 2, look[model])
            _write(figure, left + 0.15, LINE / 2, short(model, 30))
        for i, picture in enumerate(shown):
            down, across = divmod(i, columns)
            left, top = across * (width + GAP) + 0.04, above + down * height + 0.04
            axes = axes_at(figure, left, top, drawing.width, drawing.height)
            drawing.example(axes, picture.example, examples)
            framed(axes)
            place = (left, top + drawing.height + 0.13, width)
            _answers(figure, place, picture, look, labels, not named)

    figure = drawn_figure(WIDTH, above + -(-len(shown) // columns) * height, draw)
    figure.alt = f"Test {drawing.one}s: " + "; ".join(
        f"true {class_name(names, picture.label)}, "
        + ", ".join(
            f"{model} says {class_name(names, answer)}"
            for model, (answer, _) in picture.answers.items()
        )
        for picture in shown
    )
    return figure


def _answers(
    figure: CaptionedFigure,
    place: tuple[float, float, float],
    picture: Picture,
    look: Mapping[str, Look],
    labels: Sequence[str],
    with_models: bool,
) -> None:
    """A line for the truth and for each network. place: left, top and width in inches"""
    left, top, width = place
    letters = int((width - 0.68) / LETTER)
    _write(figure, left, top, f"true {class_name(labels, picture.label)}", color=MUTED)
    for i, (model, (answer, confidence)) in enumerate(picture.answers.items(), 1):
        line = top + LINE * i
        _mark(figure, left, line, look[model])
        weight = "bold" if answer == picture.label else "normal"
        before = f"{short(model, letters)} " * with_models
        _write(figure, left + 0.15, line, before + class_name(labels, answer), weight=weight)
        _write(figure, left + width, line, sure(confidence), ha="right", color=MUTED)


def _write(figure: CaptionedFigure, across: float, down: float, text: str, **more: Any) -> None:
    """Its middle so many inches from the upper left corner."""
    at = across / figure.get_figwidth(), 1 - down / figure.get_figheight()
    figure.text(*at, text, va="center", size=8, **more)


def _mark(figure: CaptionedFigure, across: float, down: float, look: Look) -> None:
    axes = axes_at(figure, across, down - 0.05, 0.1, 0.1)
    axes.plot(0, 0, look.marker, color=look.colour, ms=5, mew=0)
    axes.set_axis_off()
