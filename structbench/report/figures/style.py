"""What every figure of a report is drawn with: style, colours, places, captions, files.

Drawn without pyplot and with a style of its own, so that the same numbers give the same
bytes whatever the user's matplotlib settings. Text is never read as mathematics.
"""

import io
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Also what the page looks for when it makes them follow its light and dark colours.
INK, MUTED, RULE, PAPER = "#1b1e22", "#626a73", "#d9dce0", "#ffffff"
# After Okabe and Ito (2008), darkened where thin lines on white need it.
SERIES = (
    "#0072b2", "#d55e00", "#008a64", "#a3508b", "#927000", "#4f5d75", "#8c2d19", "#00808c",
)  # fmt: skip
MARKERS = "osD"  # 8 colours × 3 markers tell the 20 models apart that a comparison may have
STYLE: Mapping[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": 10.0,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "lines.solid_capstyle": "round",
    "svg.image_inline": True,
}
# Inches of 72 units: about a phone's width, so that letters stay readable there, and a page's.
WIDTH, PAGE = 5.2, 9.3
# More would not be readable, and a page must stay small; captions say what is left out.
PANELS, SEEDS = 12, 100


class CaptionedFigure(Figure):
    """A figure with a caption, and in `alt` what it shows, for those who do not see it."""

    caption = ""
    alt = ""


@dataclass(frozen=True)
class Look:
    """How one model is drawn, in every figure. ring: the colour of a line around it, or none"""

    colour: str
    marker: str
    ring: str = ""


def looks(models: Sequence[str]) -> dict[str, Look]:
    """Model → colour and marker, by its place in the comparison."""
    return {
        name: Look(SERIES[i % len(SERIES)], MARKERS[i // len(SERIES) % len(MARKERS)])
        for i, name in enumerate(models)
    }


def svg(figure: CaptionedFigure, inline: bool = False) -> str:
    """The figure as SVG: a file of its own with white paper and caption, or for use in a page."""
    return _saved(figure, "svg", ("Date", "Creator", "Format", "Type"), inline).decode()


def png(figure: CaptionedFigure) -> bytes:
    """The figure as PNG, 200 dots an inch, with its caption."""
    return _saved(figure, "png", ("Software",), inline=False)


def _saved(figure: CaptionedFigure, kind: str, unsaid: Sequence[str], inline: bool) -> bytes:
    file = io.BytesIO()
    with _style({"svg.fonttype": "none" if inline else "path"}), warnings.catch_warnings():
        # A name in a script that the font lacks is a matter of looks, not an error.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        # The caption stands under the figure, outside of its own area.
        lines = textwrap.fill("" if inline else figure.caption, int(figure.get_figwidth() * 15.5))
        text = figure.text(
            0.01, -0.1 / figure.get_figheight(), lines, va="top", size=8, color=MUTED
        )
        try:
            figure.savefig(
                file,
                format=kind,
                dpi=200,
                metadata=dict.fromkeys(unsaid),
                facecolor="none" if inline else PAPER,
                bbox_inches=None if inline else "tight",
                pad_inches=0.15,
            )
        finally:
            text.remove()
    return file.getvalue()


@contextmanager
def _style(more: Mapping[Any, Any]) -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**STYLE, "svg.hashsalt": "structbench", **more})
        yield


def drawn_figure(
    width: float, height: float, draw: Callable[[CaptionedFigure], None]
) -> CaptionedFigure:
    """A figure of this size in inches, in the style of the report."""
    with _style({}):
        figure = CaptionedFigure(figsize=(width, height))
        draw(figure)
    return figure


def short(text: str, most: int = 18) -> str:
    """A name as a label: one line without control characters."""
    seen = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def told_apart(names: Sequence[str], most: int) -> list[str]:
    """Different names as labels of at most so many letters; where these are the same, what the
    names begin with is shortened too, so that the labels show where they differ."""
    labels, first = [short(name, most) for name in names], most // 2 - 1
    for _ in range(most):
        places = defaultdict(list)
        for i, label in enumerate(labels):
            places[label].append(i)
        for those in (those for those in places.values() if len(those) > 1):
            letters = enumerate(zip_longest(*(names[i] for i in those)))
            alike = next((at for at, found in letters if len(set(found)) > 1), 0)
            for i in those:
                rest = short(names[i][max(alike, first) :], most - first - 1)
                labels[i] = f"{short(names[i][:first], first)}…{rest}"
    return labels


def room_for(names: Iterable[str], most: int = 18) -> float:
    """Inches that the longest of these names needs at 10 points, at most `most` letters."""
    return 0.1 + 0.085 * min(most, max(map(len, names)))


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes by their place in inches from the upper left corner."""
    across, down = figure.get_figwidth(), figure.get_figheight()
    place = (left / across, 1 - (top + height) / down, width / across, height / down)
    return figure.add_axes(place)


def framed(axes: Axes) -> None:
    """A line around, and nothing on it: an image's edge is to be seen on any ground."""
    axes.set_xticks([])
    axes.set_yticks([])
    for edge in axes.spines.values():
        edge.set_visible(True)
