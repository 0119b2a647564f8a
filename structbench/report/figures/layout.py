"""Where the nodes of a graph stand when it is drawn; the same graph always stands alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]
"""[n, 2]: across and up."""
Pairs = NDArray[np.int64]
"""[edges, 2]: the nodes that each edge joins, each edge once."""

# Between components, and the least between nodes, in distances of neighbours.
GAP, LEAST = 1.0, 0.36


def laid_out(nodes: int, pairs: Pairs) -> Places:
    """The nodes of each component as far from each other as they have steps between them.

    Components stand beside each other in rows, the largest first. Source: Kamada and Kawai (1989),
    Information Processing Letters 31:7.
    """
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(pairs.tolist())
    parts = [sorted(part) for part in networkx.connected_components(graph)]
    parts.sort(key=lambda part: (-len(part), part[0]))
    boxes = [_lying(_spread(networkx, graph, part)) for part in parts]
    places = np.zeros((nodes, 2))
    for part, box in zip(parts, _in_rows(boxes), strict=True):
        places[part] = box
    return places


def _spread(networkx: object, graph: object, part: Sequence[int]) -> Places:
    """One component, its mean distance of neighbours being 1."""
    if len(part) == 1:
        return np.zeros((1, 2))
    tools, inner = networkx, graph.subgraph(part)  # type: ignore[attr-defined]
    ordered = tools.Graph()  # type: ignore[attr-defined]
    ordered.add_nodes_from(part)
    ordered.add_edges_from(inner.edges)
    found = tools.kamada_kawai_layout(ordered)  # type: ignore[attr-defined]
    lengths = [np.linalg.norm(found[a] - found[b]) for a, b in ordered.edges]
    placed: Places = np.array([found[node] for node in part]) / max(float(np.mean(lengths)), 1e-9)
    return placed


def _lying(places: Places) -> Places:
    """Turned so that it is wider than high, from (0, 0)."""
    centred = places - places.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ axes[:2].T if len(places) > 1 else centred
    turned = np.pad(turned, ((0, 0), (0, 2 - turned.shape[1])))
    far = np.abs(turned).argmax(axis=0)
    turned = turned * np.where(turned[far, [0, 1]] < 0, -1, 1)
    pushed = _apart(turned)
    placed: Places = pushed - pushed.min(axis=0)
    return placed


def _apart(places: Places, rounds: int = 100) -> Places:
    """Those that would lie on each other are pushed apart."""
    pushed = places.copy()
    for _ in range(rounds):
        between = pushed[:, None] - pushed[None]
        far = np.linalg.norm(between, axis=2)
        way = np.where(far[..., None] > 0, between / np.maximum(far, 1e-9)[..., None], 0.0)
        push = np.where(far < LEAST, (LEAST - far) / 2, 0.0)
        np.fill_diagonal(push, 0.0)
        if not push.any():
            break
        pushed += (way * push[..., None]).sum(axis=1)
    return pushed


def _in_rows(boxes: Sequence[Places]) -> list[Places]:
    """Beside each other, and beneath where a row is full."""
    sizes = np.array([box.max(axis=0) + GAP for box in boxes])
    widest = max(sizes[:, 0].max(), 1.5 * np.sqrt(sizes.prod(axis=1).sum()))
    found, left, top, height = [], 0.0, 0.0, 0.0
    for box, (width, high) in zip(boxes, sizes, strict=True):
        if left and left + width > widest:
            left, top, height = 0.0, top - height, 0.0
        found.append(box + np.array([left, top - high]))
        left, height = left + width, max(height, high)
    return found


def around(parents: Sequence[int]) -> Places:
    """A node in the middle, its neighbours around it, and theirs outside of them.

    parents: of each further node, 0 for a neighbour of the node in the middle, and else the
    neighbour, counted from 1, that it stands behind
    """
    first = [i for i, parent in enumerate(parents, 1) if not parent]
    behind = {i: [j for j, parent in enumerate(parents, 1) if parent == i] for i in first}
    # Nearer to the middle a node needs twice the angle.
    shares = np.array([max(2, len(behind[i])) for i in first], float)
    ends = 2 * np.pi * np.cumsum(shares) / shares.sum() if len(first) else shares
    places = np.zeros((1 + len(parents), 2))
    for i, end, share in zip(first, ends, 2 * np.pi * shares / max(shares.sum(), 1), strict=True):
        middle, many = end - share / 2, len(behind[i])
        places[i] = _at(1, np.array([middle]))
        # Nothing stands on the other side of the middle.
        step = min(share, 0.9 * np.pi) / max(1, many)
        places[behind[i]] = _at(2, middle + step * (np.arange(many) - (many - 1) / 2))
    return places


def _at(radius: float, angles: NDArray[np.float64]) -> Places:
    """From the top clockwise."""
    return radius * np.stack([np.sin(angles), np.cos(angles)], axis=1)
