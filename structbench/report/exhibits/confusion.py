"""What is taken for what: of any kind whose answers are classes."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from structbench.outcome import Outcome
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.nodes import class_mark, class_name
from structbench.report.figures.grid import panels
from structbench.report.figures.style import (
    INK,
    MUTED,
    PANELS,
    CaptionedFigure,
    framed,
    looks,
    short,
)
from structbench.report.focus import focus
from structbench.report.section import Section
from structbench.report.text import counted as counted_text
from structbench.results.comparison import Comparison

# Classes whose counts have room in the cells of a matrix, and letters of a class's name beside it.
COUNTED_CLASSES, LETTERS = 12, 16


def confusion(comparison: Comparison, material: Material) -> Section:
    """A matrix for each model, under the condition that single figures are of."""
    condition = focus(comparison)
    counts = {
        name: counted(outcome, condition, run.experiment.data.problem.classes)
        for name, (run, outcome) in material.first.items()
    }
    return Section(
        "confusion",
        "What is taken for what",
        "Rows are the true class, columns what the network answers.",
        {
            "confusion": matrices(
                counts, condition, comparison.seeds[0], material.class_names, one(comparison)
            )
        },
    )


def counted(outcome: Outcome, condition: str, classes: int) -> NDArray[np.int64]:
    """True class → answer, in test examples: [classes, classes]; what is no number is in none."""
    found = outcome.predictions[condition]
    given = ~found.no_number
    cells = found.labels[given] * classes + found.predicted[given]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def one(comparison: Comparison) -> str:
    """What a test example is called."""
    return "node" if comparison.kind == "graph" else "example"


def matrices(
    counts: Mapping[str, NDArray[np.int64]],
    condition: str,
    seed: int,
    names: Sequence[str] = (),
    one: str = "example",
) -> CaptionedFigure:
    """Matrices side by side; the colour is for errors alone.

    counts: model → [classes, classes]; names: of the classes, or none; one: what an example is
    called
    """
    look, shown = looks(list(counts)), list(counts)[:PANELS]
    errors = {name: counts[name] * ~np.eye(len(counts[name]), dtype=bool) for name in shown}
    most = max(1, *(int(wrong.max()) for wrong in errors.values()))

    def draw(axes: Axes, i: int) -> None:
        wrong = errors[shown[i]]
        alpha = (0.75 * np.sqrt(wrong / most))[..., None]
        tint = np.broadcast_to(to_rgb(look[shown[i]].colour), (*wrong.shape, 3))
        axes.imshow(np.concatenate([tint, alpha], axis=2), interpolation="none")
        _matrix_axes(axes, counts[shown[i]], called)

    called = _called(names) if len(next(iter(counts.values()))) <= COUNTED_CLASSES else []
    # The names of the classes stand beside the first column for all.
    beside = 0.15 + 0.068 * max(map(len, called)) if called else 0.0
    left = 0.25 if called else 0.5
    figure = panels(
        shown, draw, height=2.55, left=left, right=0.05, bottom=0.5, names=beside, least=2.5,
        tall=4.0,
    )  # fmt: skip
    figure.caption = (
        f"Test {one}s of condition {condition}, counted by true class (row) and answer "
        f"(column), for one trained network each (seed {seed}). Errors are coloured, the darkest "
        f"cell being {counted_text(most, one)}; right answers are grey."
        + (f" The first {PANELS} of {len(counts)} models." if len(counts) > PANELS else "")
    )
    worst = [
        f"{name} most often answers {class_name(names, int(wrong.argmax()) % len(wrong))} where "
        f"{class_name(names, int(wrong.argmax()) // len(wrong))} is true, "
        f"{counted_text(int(wrong.max()), 'time')}"
        for name, wrong in errors.items()
        if wrong.any()
    ]
    figure.alt = f"Confusion matrices, {condition}. {'; '.join(worst) or 'No errors'}."
    return figure


def _called(names: Sequence[str]) -> list[str]:
    """Each class's name and mark, as a label."""
    return [f"{short(name, LETTERS)}  {class_mark(names, i)}" for i, name in enumerate(names)]


def _matrix_axes(axes: Axes, counts: NDArray[np.int64], called: Sequence[str]) -> None:
    classes = len(counts)
    ticks = range(0, classes, 1 if classes <= COUNTED_CLASSES else -(-classes // 10))
    framed(axes)
    axes.set_anchor("NW")
    axes.set_xticks(ticks, [text.rpartition(" ")[2] for text in called] or None)
    axes.set_yticks(ticks, called or None)
    axes.tick_params(length=0, labelsize=8)
    axes.set_xlabel("answer", size=9)
    if not called:
        axes.set_ylabel("true class", size=9)
    if classes > COUNTED_CLASSES:
        return
    for (true, answer), count in np.ndenumerate(counts):
        # Below 2 in 100 of its class a cell stays empty, so that the pattern is seen.
        if true == answer or count >= max(1, 0.02 * counts[true].sum()):
            colour = MUTED if true == answer else INK
            axes.text(answer, true, str(count), ha="center", va="center", size=6.5, color=colour)
