"""What is seen of data of a user's own, for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from structbench.data.graphs.examples import Graph
from structbench.data.own.read import OwnGraph
from structbench.data.spec import default_data_folder
from structbench.report import data_tables
from structbench.report.own_data.seen import Seen


def facts(seen: Seen) -> dict[str, Any]:
    """As `data_tables.facts`, with what only who has read the data knows."""
    known = data_tables.facts(seen.spec.dataset, default_data_folder())
    known = {key: of for key, of in known.items() if key not in ("licence", "source")}
    # Which other numbers there are is known of the data set numbers alone.
    fitting = {use: of for use, of in known["conditions"].items() if not use.startswith("digits")}
    return {
        "path": seen.path,
        "sha256": seen.sha256,
        "files": seen.files,
        **known,
        "conditions": fitting,
        **_split(seen),
        **({"class_sizes": [of._asdict() for of in seen.classes]} if seen.classes else {}),
        **(_of_a_graph(seen.read.graph) if isinstance(seen.read, OwnGraph) else {}),
        "told": seen.told,
        "doubts": [doubt._asdict() for doubt in seen.doubts],
    }


def _split(seen: Seen) -> dict[str, Any]:
    """How many are used, and whether StructBench chose those to test on."""
    if isinstance(seen.read, OwnGraph):
        return {}
    share = None if seen.read.tested is not None else seen.spec.test_share
    return {
        "train_examples": int(seen.uses.learned.sum()),
        "test_examples": int(seen.uses.tested.sum()),
        "test_share": share,
    }


def _of_a_graph(graph: Graph) -> dict[str, int]:
    from scipy.sparse.csgraph import connected_components

    return {
        "labelled": int((graph.classes >= 0).sum()),
        "components": int(connected_components(graph.edges, directed=False)[0]),
        "largest_degree": int(np.diff(graph.edges.indptr).max(initial=0)),
    }
