"""Attention weights: words of the source across, words of the answer down, in grey."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.report.figures.style import (
    INK,
    MUTED,
    WIDTH,
    CaptionedFigure,
    axes_at,
    drawn_figure,
    framed,
    short,
)

# In points the size of a word; in inches its line and a letter.
SIZE, LINE, LETTER = 8, 0.13, 0.072
# In inches the least side of a cell where panels stand beside each other, and the largest; what is
# beneath a panel, and to its right.
LEAST, LARGEST, BENEATH, GAP = 0.135, 0.26, 0.28, 0.12
LETTERS = 12  # of a word; what is longer is cut


@dataclass(frozen=True)
class Panel:
    """weights: [answer words, source words], each row adding up to 1; remark: beneath them"""

    weights: NDArray[np.float32]
    source: Sequence[str]
    answer: Sequence[str]
    remark: str = ""

    def in_words(self) -> str:
        """For each answered word the one of the source that it looks at most."""
        most = np.nan_to_num(self.weights).argmax(axis=1).tolist()
        pairs = zip(self.answer, most, strict=True)
        return ", ".join(f"{word} at {self.source[i]}" for word, i in pairs)


def attention(
    weights: NDArray[np.float32], source: Sequence[str], answer: Sequence[str]
) -> CaptionedFigure:
    """Of one sentence, a panel for each head. weights: [heads, answer words, source words]

    ValueError where the weights are not of these words, or there are none.
    """
    for of in weights:
        _require_fit(of, source, answer)
    heads = len(weights)
    remarks = [f"head {i}" for i in range(1, heads + 1)] if heads > 1 else [""]
    figure = panelled(
        [Panel(of, source, answer, remark) for of, remark in zip(weights, remarks, strict=True)]
    )
    figure.caption = (
        f"{' '.join(source)}: from left to right the source, from top to bottom the answer"
        f"{', a panel for each head' * (heads > 1)}; black is 0, white is all of the attention."
    )
    return figure


def panelled(panels: Sequence[Panel]) -> CaptionedFigure:
    """Panels beside each other where they are legible so, and else beneath each other."""
    left = _room(word for panel in panels for word in panel.answer)
    top = _room(word for panel in panels for word in panel.source)
    longest = max(len(panel.source) for panel in panels)

    def side(columns: int) -> float:
        return (WIDTH / columns - left - GAP) / longest

    columns = 2 if len(panels) > 1 and side(2) >= LEAST else 1
    cell = min(LARGEST, side(columns))
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    heights = [top + cell * max(len(panel.answer) for panel in row) + BENEATH for row in rows]

    def draw(figure: CaptionedFigure) -> None:
        for i, panel in enumerate(panels):
            down, across = divmod(i, columns)
            place = left + across * WIDTH / columns, sum(heights[:down]) + top
            size = cell * len(panel.source), cell * len(panel.answer)
            axes = axes_at(figure, *place, *size)
            draw_alignment(axes, panel.weights, panel.source, panel.answer)
            axes.annotate(
                panel.remark, (0, 0), (0, -4), xycoords="axes fraction", va="top",
                textcoords="offset points", size=8, color=MUTED,
            )  # fmt: skip

    figure = drawn_figure(WIDTH, sum(heights), draw)
    figure.alt = f"The first panel looks, for each answered word, most: {panels[0].in_words()}."
    return figure


def _room(words: Iterable[str]) -> float:
    return 0.1 + LETTER * min(LETTERS, max(map(len, words)))


def draw_alignment(
    axes: Axes, weights: NDArray[np.float32], source: Sequence[str], answer: Sequence[str]
) -> None:
    """Weights [answer words, source words] on these axes; black is 0, white is 1.

    ValueError where the weights are not of these words, or there are none.
    """
    _require_fit(weights, source, answer)
    axes.imshow(weights, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="none")
    framed(axes)
    axes.tick_params(length=0, labelsize=SIZE, labelcolor=INK, pad=2)
    axes.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
    inches = axes.figure.dpi
    for axis, words, length, turned in (
        (axes.xaxis, source, axes.bbox.width, 90),
        (axes.yaxis, answer, axes.bbox.height, 0),
    ):
        # Of words that would overlap every second, third … is named.
        step = int(np.ceil(LINE * inches * len(words) / length - 1e-6))
        named = range(0, len(words), max(1, step))
        axis.set_ticks(named, [short(words[i], LETTERS) for i in named], rotation=turned)


def _require_fit(
    weights: NDArray[np.float32], source: Sequence[str], answer: Sequence[str]
) -> None:
    if weights.shape != (len(answer), len(source)) or not weights.size:
        raise ValueError(
            f"weights {list(weights.shape)} are not of {len(answer)} answered words and "
            f"{len(source)} of the source"
        )
