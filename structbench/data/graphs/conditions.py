"""The conditions of graphs."""

from structbench.data.alterations import Alteration, Argument
from structbench.data.graphs import corruptions

_SHARE = Argument("SHARE", 0, 1)

GRAPH_CONDITIONS: dict[str, Alteration] = {
    "clean": Alteration(corruptions.clean),
    "drop_edges": Alteration(corruptions.drop_edges, (_SHARE,)),
    "add_edges": Alteration(corruptions.add_edges, (Argument("SHARE", 0, 100),)),
    "rewire_edges": Alteration(corruptions.rewire_edges, (_SHARE,)),
    "drop_features": Alteration(corruptions.drop_features, (_SHARE,)),
}
