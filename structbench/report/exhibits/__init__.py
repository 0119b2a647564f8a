"""The pictures of each kind of data: what a reader wants to see besides the numbers."""

from collections.abc import Callable

import structbench.machine.drawing  # noqa: F401  first: the others import matplotlib
from structbench.problem import Kind
from structbench.report.exhibits.confusion import confusion
from structbench.report.exhibits.image_filters import first_layers
from structbench.report.exhibits.image_gallery import gallery
from structbench.report.exhibits.material import Material
from structbench.report.section import Section
from structbench.results.comparison import Comparison

Exhibit = Callable[[Comparison, Material], Section | None]

EXHIBITS: dict[Kind, tuple[Exhibit, ...]] = {
    "image": (confusion, gallery, first_layers),
}


def exhibits(comparison: Comparison, material: Material) -> list[Section]:
    """All that there is to see of this comparison, in the order of its kind."""
    found = (exhibit(comparison, material) for exhibit in EXHIBITS[comparison.kind])
    return [section for section in found if section]
