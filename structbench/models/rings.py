"""A graph made of nothing but sizes, to try a network on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structbench.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor


def ring(problem: Problem) -> tuple[Tensor, Tensor]:
    """Features and edges of a graph, float32 CSR, all of them 1, as many as the problem has.

    Node i is joined to i + 1, i + 2, …, round a ring, until there are as many edges; features are
    shared out in the same way, to all nodes.
    """
    return _features(problem), _edges(problem)


def _features(problem: Problem) -> Tensor:
    import torch

    from structbench.models.sparse_products import csr

    nodes, values = problem.nodes, problem.values
    # So many a node, and one more in the first ones: the first columns of each.
    counts = torch.full((nodes,), values // nodes)
    counts[: values % nodes] += 1
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])
    columns = torch.arange(values) - torch.repeat_interleave(starts[:-1], counts)
    return csr(starts, columns, torch.ones(values), (nodes, problem.input_shape[0]))


def _edges(problem: Problem) -> Tensor:
    import torch

    from structbench.models.sparse_products import csr

    nodes, number = problem.nodes, torch.arange(problem.edges)
    one = number % nodes
    other = (one + number // nodes + 1) % nodes
    rows, columns = torch.cat([one, other]), torch.cat([other, one])
    order = torch.argsort(rows * nodes + columns)
    ends = torch.bincount(rows, minlength=nodes).cumsum(0)
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), ends])
    return csr(starts, columns[order], torch.ones(len(rows)), (nodes, nodes))
