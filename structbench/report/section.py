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
    """A part of a page: sentences, figures, a command and tables, shown in this order.

    name: of its anchor, and with spaces for hyphens in the navigation; text: a sentence or two
    beside the heading; figures: name of the file → figure; folded: tables that are seen when they
    are opened; command: to be typed in a terminal
    """

    name: str
    heading: str
    text: str = ""
    figures: Mapping[str, CaptionedFigure] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    findings: tuple[str, ...] = ()
    command: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether a table needs the whole width of the page."""
        return any(table.is_wide for table in (*self.tables, *self.folded))
