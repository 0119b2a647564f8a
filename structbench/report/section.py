"""What a page is a list of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structbench.report.table import Table

if TYPE_CHECKING:
    from structbench.report.figures.style import CaptionedFigure


@dataclass(frozen=True)
class Section:
    """A part of a page, with its pictures and tables in the order they are shown.

    name: of its anchor; text: a sentence or two beside the heading; figures: name of the file →
    figure
    """

    name: str
    heading: str
    text: str = ""
    figures: Mapping[str, CaptionedFigure] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
