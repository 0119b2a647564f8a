"""How long sentences and their translations are, and some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from structbench.report.figures.style import (
    INK,
    MUTED,
    PAGE,
    SERIES,
    CaptionedFigure,
    axes_at,
    drawn_figure,
    short,
)
from structbench.report.own_data.choice import spread
from structbench.report.own_data.seen import Seen

# Pairs that are shown, the letters of each text that have room, and inches of a line.
PAIRS, LETTERS, LINE = 16, 56, 0.19
# Inches of the lengths.
HEIGHT = 1.9


def pair_sheet(seen: Seen) -> CaptionedFigure:
    """Lengths in words, and pairs evenly spread over all, those that are tested in colour."""
    read = seen.read
    rows = spread(len(read.sources), PAIRS)
    top = 0.4 + HEIGHT + 0.75

    def draw(figure: CaptionedFigure) -> None:
        axes = axes_at(figure, 0.65, 0.4, PAGE - 0.9, HEIGHT)
        axes.set_title("Lengths", size=11, weight="bold", loc="left")
        lengths = [_words(texts) for texts in (read.sources, read.answers)]
        most = max(int(np.quantile(of, 0.995)) for of in lengths) + 1
        for name, of, colour in zip(("sources", "answers"), lengths, SERIES, strict=False):
            counts = np.bincount(of.clip(max=most), minlength=most + 1)[: most + 1]
            told = f"{name}: half of them up to {np.median(of):.0f} words, the longest {of.max():,}"
            axes.stairs(counts, np.arange(most + 2) - 0.5, color=colour, lw=1.4, label=told)
        axes.set_xlabel("words, between spaces", size=9)
        axes.set_ylabel("sentences", size=9)
        axes.tick_params(length=0, labelsize=9)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.set_xlim(-0.5, most + 0.5)
        axes.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.legend(
            frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1.0), ncols=2,
            borderaxespad=0.2, handlelength=1.2, columnspacing=1.2,
        )  # fmt: skip
        for column, of in enumerate((read.sources, read.answers)):
            across = 0.01 + 0.5 * column
            _text(figure, across, top, ("source", "answer")[column], weight="bold", color=MUTED)
            for row, i in enumerate(rows, 1):
                colour = SERIES[1] if seen.uses.tested[i] else INK
                _text(figure, across, top + LINE * row, short(of[i], LETTERS), color=colour)

    figure = drawn_figure(PAGE, top + LINE * (len(rows) + 0.6), draw)
    figure.caption = (
        "How long sources and answers are, the few longest together at the right end; and pairs "
        "evenly spread over all in their order, those that are tested in colour."
    )
    figure.alt = "Lengths of sources and answers, and some of the pairs."
    return figure


def _words(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([len(text.split()) for text in texts], np.int64)


def _text(figure: CaptionedFigure, across: float, down: float, text: str, **more: str) -> None:
    at = 1 - down / figure.get_figheight()
    figure.text(across, at, text, size=8, va="center", **more)  # type: ignore[arg-type]
