"""The conditions of graphs."""

from structbench.data.alterations import Alteration
from structbench.data.graphs import corruptions

GRAPH_CONDITIONS: dict[str, Alteration] = {
    "clean": Alteration(corruptions.clean),
}
