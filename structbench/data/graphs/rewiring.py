"""A graph without its structure: edges rewired, and every node keeps its degree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.edges import Ints, ends_of, joined

if TYPE_CHECKING:
    from structbench.data.graphs.examples import Graph

# After so many rounds, and so many tries in all, chance has made the graph; an edge that nothing
# could be exchanged with so far is tried again, as long as there are no more rounds than these.
ROUNDS, TRIES, MOST_ROUNDS = 10, 100_000, 100


def rewired(graph: Graph, rng: np.random.Generator, share: float) -> Graph:
    """So many of the edges exchange their ends among themselves.

    Two edges a–b and c–d become a–d and c–b where neither is there yet and neither joins a node
    with itself. One edge alone has nothing to exchange, so two are the fewest. An edge that no
    other of them can be exchanged with stays.
    """
    ends = ends_of(graph.edges)
    count = round(share * len(ends))
    if not count:
        return graph
    chosen = rng.permutation(len(ends))[: max(count, 2)]
    return replace(graph, edges=joined(_exchanged(ends, chosen, len(graph), rng), len(graph)))


def can_be_rewired(degrees: Ints) -> bool:
    """Whether there are two edges that can exchange their ends.

    There are unless the graph can be taken apart by removing, again and again, a node that has no
    edge or one that has an edge to all others (a threshold graph): a star, a complete graph, …
    """
    rising = np.sort(degrees).tolist()
    low, high, removed = 0, len(rising) - 1, 0
    while low <= high:
        if rising[low] == removed:
            low += 1
        elif rising[high] - removed == high - low:
            high, removed = high - 1, removed + 1
        else:
            return True
    return False


def _exchanged(ends: Ints, chosen: Ints, nodes: int, rng: np.random.Generator) -> Ints:
    """Edges, of which the chosen ones have exchanged ends in several rounds."""
    ends, waiting = ends.copy(), np.ones(len(ends), bool)
    rounds = ROUNDS + TRIES // len(chosen)
    for number in range(MOST_ROUNDS):
        order = rng.permutation(chosen)
        if number >= rounds:  # those that wait, and as many others
            order = order[np.argsort(~waiting[order], kind="stable")]
            order = order[: 2 * waiting[chosen].sum()]
        half = len(order) // 2
        if not half:
            break
        one, other = order[:half], order[half : 2 * half]
        done = _exchange(ends, one, other, nodes, rng)
        waiting[one[done]] = waiting[other[done]] = False
    return ends


def _exchange(
    ends: Ints, one: Ints, other: Ints, nodes: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Let these edges exchange ends, in place, where it can be; gives where.

    Where an edge would be made that is there, or made twice, nobody exchanges: neither who would
    make it nor who has it. So each step can be undone by the same pairs with the same chance, and
    in the end all graphs of these degrees are equally likely.

    one, other: [pairs], places of the edges of each pair; none is there twice
    """
    turned = rng.random(len(one)) < 0.5
    (a, b), (c, d) = ends[one].T, np.where(turned[:, None], ends[other][:, ::-1], ends[other]).T
    new = np.sort([[a, c], [d, b]], axis=0).transpose(1, 2, 0)  # [2, pairs, ends]
    known, keys = _keys(ends, nodes), _keys(new, nodes)
    twice = _twice(np.concatenate([known, keys.ravel()]))
    kept, wrong = twice[: len(known)], twice[len(known) :].reshape(keys.shape)
    wrong |= new[..., 0] == new[..., 1]
    done: NDArray[np.bool_] = ~(wrong.any(axis=0) | kept[one] | kept[other])
    ends[one[done]], ends[other[done]] = new[0][done], new[1][done]
    return done


def _twice(keys: Ints) -> NDArray[np.bool_]:
    """[n]: which keys are there more than once, as few are."""
    rising = np.sort(keys)
    several = np.append(-1, rising[1:][rising[1:] == rising[:-1]])
    place = np.searchsorted(several, keys).clip(max=len(several) - 1)
    found: NDArray[np.bool_] = several[place] == keys
    return found


def _keys(ends: Ints, nodes: int) -> Ints:
    """[…] of [… , 2]: a number for each pair."""
    keys: Ints = ends[..., 0] * nodes + ends[..., 1]
    return keys
