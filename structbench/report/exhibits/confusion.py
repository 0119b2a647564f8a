"""What is taken for what: of any kind whose answers are classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

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
    told_apart,
)
from structbench.report.focus import focus
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import counted as counted_text
from structbench.results.comparison import Comparison

# Classes whose counts have room in the cells of a matrix; that can be named beside it; and that can
# be told apart in one at all.
COUNTED_CLASSES, NAMED_CLASSES, DRAWN_CLASSES = 12, len(ascii_uppercase), 1000
# Letters of a class's name beside a matrix, of one that stands beneath it too, and in a table.
LETTERS, FEW, IN_A_TABLE = 16, 3, 40
# Errors of each model that a table has where cells have no counts.
LISTED = 5
# Names of classes where there is no room for all, and points of letters where there is little.
MOST_NAMED, SMALL = 20, 6.5
# Inches of a side, of one with many names, and of each class where that is more.
SIDE, LARGE_SIDE, PITCH = 2.55, 3.2, 0.13


def confusion(comparison: Comparison, material: Material) -> Section:
    """A matrix for each model, under the condition that single figures are of; of many classes also
    the most frequent errors in words."""
    condition, names = focus(comparison), material.class_names
    classes = material.run.experiment.data.problem.classes
    found = {name: outcome for name, (_, outcome) in material.first.items()}
    figures, seed, unit = {}, comparison.seeds[0], one(comparison)
    if classes <= DRAWN_CLASSES:
        counts = {name: counted(outcome, condition, classes) for name, outcome in found.items()}
        figures["confusion"] = matrices(counts, condition, seed, names, unit)
    note = (
        f"the most frequent errors of each model: test {unit}s of condition {condition}, one "
        f"trained network each (seed {seed})"
    )
    return Section(
        "confusion",
        "What is taken for what",
        "Rows are the true class, columns what the network answers." * bool(figures),
        figures,
        (errors_table(found, condition, names, unit, note),) * (classes > COUNTED_CLASSES),
    )


def errors_table(
    found: Mapping[str, Outcome], condition: str, names: Sequence[str], one: str, note: str
) -> Table:
    """What each model most often takes for what. names, one: see `matrices`"""

    def called(of_class: int) -> str:
        return short(class_name(names, of_class), IN_A_TABLE)

    rows = []
    for model, outcome in found.items():
        asked = outcome.predictions[condition]
        wrong = outcome.wrong(condition) & ~asked.no_number
        both = np.stack([asked.labels[wrong], asked.predicted[wrong]])
        pairs, times = np.unique(both, axis=1, return_counts=True)
        for i in np.argsort(-times, kind="stable")[:LISTED].tolist():
            true, answer = pairs[:, i].tolist()
            of = int((asked.labels == true).sum())
            rows.append((model, called(true), called(answer), f"{times[i]:,} of {of:,}"))
    columns = ("model", "true class", "answer", f"{one}s of the class")
    return Table("errors", "", columns, tuple(rows), note, keys=3)


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
        _matrix_axes(axes, counts[shown[i]], ticks)

    classes = len(next(iter(counts.values())))
    ticks = _ticks(names, classes)
    large = ticks.named and classes > COUNTED_CLASSES
    side = max(LARGE_SIDE, PITCH * min(classes, NAMED_CLASSES)) if large else SIDE
    # The names of the classes stand beside the first column for all.
    letter = 0.0085 * ticks.size
    beside = 0.15 + letter * max(map(len, ticks.rows)) if ticks.named else 0.0
    left = 0.25 if ticks.named else 0.5
    figure = panels(
        shown, draw, height=side, left=left, right=0.05, bottom=0.5, names=beside,
        least=side - 0.05, tall=12.5 if large else 4.0,
    )  # fmt: skip
    figure.caption = (
        f"Test {one}s of condition {condition}, counted by true class (row) and answer "
        f"(column), for one trained network each (seed {seed}). Errors are coloured, the darkest "
        f"cell being {counted_text(most, one)}"
        + ("; right answers are grey." if classes <= COUNTED_CLASSES else ".")
        + f" One in {ticks.at.step} classes is named; columns are in the order of the rows."
        * (ticks.named and ticks.at.step > 1)
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


@dataclass(frozen=True)
class _Ticks:
    """at: which classes; rows, columns: what stands beside and beneath each, or nothing where their
    numbers do; named: whether these need room; size: of the letters, in points"""

    at: range
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    named: bool = False
    size: float = 8


def _ticks(names: Sequence[str], classes: int) -> _Ticks:
    if not names:
        return _Ticks(range(0, classes, 1 if classes <= COUNTED_CLASSES else -(-classes // 10)))
    longest = max(map(len, names))
    few = longest <= FEW
    if few and classes <= COUNTED_CLASSES:
        return _Ticks(range(classes), names, names)
    if classes > NAMED_CLASSES:
        at = range(0, classes, -(-classes // MOST_NAMED))
        rows = told_apart([names[i] for i in at], LETTERS)
        return _Ticks(at, rows, rows if few else [""] * len(at), True, SMALL)
    if longest < FEW:
        return _Ticks(range(classes), names, names, True, SMALL)
    marks = [class_mark(names, i) for i in range(classes)]
    rows = [f"{row}  {mark}" for row, mark in zip(told_apart(names, LETTERS), marks, strict=True)]
    return _Ticks(range(classes), rows, marks, True, 8 if classes <= COUNTED_CLASSES else SMALL)


def _matrix_axes(axes: Axes, counts: NDArray[np.int64], ticks: _Ticks) -> None:
    framed(axes)
    axes.set_anchor("NW")
    axes.set_xticks(ticks.at, ticks.columns or None)
    axes.set_yticks(ticks.at, ticks.rows or None)
    axes.tick_params(length=0, labelsize=ticks.size)
    axes.set_xlabel("answer", size=9)
    if not ticks.named:
        axes.set_ylabel("true class", size=9)
    if len(counts) > COUNTED_CLASSES:
        return
    for (true, answer), count in np.ndenumerate(counts):
        # Below 2 in 100 of its class a cell stays empty, so that the pattern is seen.
        if true == answer or count >= max(1, 0.02 * counts[true].sum()):
            colour = MUTED if true == answer else INK
            axes.text(answer, true, str(count), ha="center", va="center", size=6.5, color=colour)
