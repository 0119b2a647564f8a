"""Sparse products agree with dense ones, gradients as well."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from structbench.models import sparse_products
from structbench.models.sparse_products import Matrix

NODES = 9


def graph(seed: int, share: float = 0.2) -> Tensor:
    """Symmetric, without self-loops, as CSR; the last node has no neighbour."""
    drawn = np.random.default_rng(seed).random((NODES, NODES)) < share
    drawn[-1] = drawn[:, -1] = False
    edges = np.triu(drawn, 1)
    return torch.from_numpy((edges | edges.T).astype(np.float32)).to_sparse_csr()


def dense(matrix: Matrix, values: Tensor | None = None, empty: float = 0.0) -> Tensor:
    values = matrix.values if values is None else values
    full = torch.full(matrix.pattern.shape, empty)
    return full.index_put((matrix.rows, matrix.columns), values)


def gradients(found: Tensor, *of: Tensor) -> tuple[Tensor, ...]:
    weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(1))
    return torch.autograd.grad((found * weights).sum(), of, retain_graph=True)


def assert_same(found: Tensor, expected: Tensor, *of: Tensor) -> None:
    torch.testing.assert_close(found, expected)
    for one, other in zip(gradients(found, *of), gradients(expected, *of), strict=True):
        torch.testing.assert_close(one, other)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.2, 1.0]), st.sampled_from([1, 3]))
def test_products_are_those_of_dense_matrices(seed: int, share: float, blocks: int) -> None:
    matrix = sparse_products.with_self(graph(seed, share)).blocks(blocks)
    torch.manual_seed(seed)
    x = torch.randn(NODES * blocks, 4, requires_grad=True)
    scores = torch.randn(matrix.entries, requires_grad=True)

    weights, expected = matrix.softmax(scores), dense(matrix, scores, -torch.inf).softmax(dim=1)
    assert_same(weights, expected[matrix.rows, matrix.columns], scores)
    assert_same(matrix.times(x, weights), expected @ x, x, scores)
    assert_same(matrix.times(x), dense(matrix) @ x, x)
    assert_same(matrix.at_rows(x[:, 0]), x[matrix.rows, 0], x)
    assert_same(matrix.at_columns(x[:, 0]), x[matrix.columns, 0], x)


def test_a_matrix_need_not_be_square() -> None:
    torch.manual_seed(0)
    full = torch.randn(5, 7) * (torch.rand(5, 7) < 0.4)
    x = torch.randn(7, 3, requires_grad=True)
    assert_same(Matrix.of(full.to_sparse_csr()).times(x), full @ x, x)


def test_with_self_adds_each_node_in_its_place() -> None:
    edges = graph(3)
    matrix = sparse_products.with_self(edges)
    assert torch.equal(dense(matrix), edges.to_dense() + torch.eye(NODES))
    again = Matrix.of(dense(matrix).to_sparse_csr())
    assert torch.equal(matrix.columns, again.columns)


def test_normalised_and_mean_follow_their_formulas() -> None:
    edges = graph(4)
    whole, neighbours = edges.to_dense() + torch.eye(NODES), edges.to_dense()
    scale = torch.diag(whole.sum(dim=1) ** -0.5)
    torch.testing.assert_close(dense(sparse_products.normalised(edges)), scale @ whole @ scale)
    expected = neighbours / neighbours.sum(dim=1, keepdim=True).clamp_min(1)
    torch.testing.assert_close(dense(sparse_products.mean(edges)), expected)


@pytest.mark.parametrize("make", [sparse_products.normalised, sparse_products.mean])
def test_bits_do_not_depend_on_the_number_of_threads(make: Callable[[Tensor], Matrix]) -> None:
    drawn = torch.rand(300, 300, generator=torch.Generator().manual_seed(0)) < 0.05
    matrix = make((drawn | drawn.T).float().fill_diagonal_(0).to_sparse_csr())
    threads, found = torch.get_num_threads(), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            torch.manual_seed(0)
            x = torch.randn(300, 16, requires_grad=True)
            scores = torch.randn(matrix.entries, requires_grad=True)
            product = matrix.times(x, matrix.softmax(scores))
            found.append([product, *gradients(product, x, scores)])
    finally:
        torch.set_num_threads(threads)
    assert all(map(torch.equal, *found))


def test_under_autocast_they_are_in_float32() -> None:
    matrix = sparse_products.mean(graph(5))
    x = torch.randn(NODES, 4, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        found = matrix.times(x)
        (gradient,) = torch.autograd.grad(found.sum(), x)
    assert (found.dtype, gradient.dtype) == (torch.float32, torch.bfloat16)
    torch.testing.assert_close(found, dense(matrix) @ x.float())
