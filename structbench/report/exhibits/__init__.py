"""The pictures of each kind of data: what a reader wants to see besides the numbers."""

from collections.abc import Callable
from functools import partial

import structbench.machine.drawing  # noqa: F401  first: the others import matplotlib
from structbench.problem import Kind
from structbench.report.exhibits.alignments import alignments
from structbench.report.exhibits.attention import attention
from structbench.report.exhibits.bleu import bleu
from structbench.report.exhibits.by_neighbours import by_neighbours
from structbench.report.exhibits.confusion import confusion
from structbench.report.exhibits.filters import first_layers
from structbench.report.exhibits.gallery import gallery
from structbench.report.exhibits.gradients_in_depth import gradients_in_depth
from structbench.report.exhibits.gradients_in_time import gradients_in_time
from structbench.report.exhibits.images import IMAGES
from structbench.report.exhibits.lengths import by_length
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.neighbourhoods import neighbourhoods
from structbench.report.exhibits.signals import SIGNALS
from structbench.report.exhibits.translations import translations
from structbench.report.exhibits.whole_graph import whole_graph
from structbench.report.exhibits.word_errors import word_errors
from structbench.report.section import Section
from structbench.results.comparison import Comparison

Exhibit = Callable[[Comparison, Material], Section | None]

EXHIBITS: dict[Kind, tuple[Exhibit, ...]] = {
    "image": (
        confusion,
        partial(gallery, IMAGES),
        partial(first_layers, IMAGES),
        gradients_in_depth,
    ),
    "signal": (
        confusion,
        partial(gallery, SIGNALS),
        partial(first_layers, SIGNALS),
        gradients_in_depth,
    ),
    "sequence": (word_errors, bleu, by_length, translations, alignments, gradients_in_time),
    "graph": (confusion, whole_graph, by_neighbours, neighbourhoods, attention),
}


def exhibits(comparison: Comparison, material: Material) -> list[Section]:
    """All that there is to see of this comparison, in the order of its kind."""
    found = (exhibit(comparison, material) for exhibit in EXHIBITS[comparison.kind])
    return [section for section in found if section]
