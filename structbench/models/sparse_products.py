"""Products with sparse matrices that know their transpose: what networks of graphs are made of.

torch multiplies by a CSR tensor fast, and on the CPU with the same bits for any number of threads;
but for each gradient it makes the transpose anew, which takes 2.2 of the 2.6 ms that a product with
Cora's features and its gradient take. Here it is made once. Everything that gathers goes by rows
too, of the matrix or of its transpose, so that no sum depends on who comes first.
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


@dataclass(frozen=True)
class Pattern:
    """Where the entries of a matrix stand, as CSR.

    starts: int64 [rows + 1]; columns: int64 [entries], rising within a row
    """

    starts: Tensor
    columns: Tensor
    shape: tuple[int, int]

    def matrix(self, values: Tensor) -> Tensor:
        """The CSR tensor with these entries [entries]."""
        return csr(self.starts, self.columns, values, self.shape)

    def product(self, values: Tensor, dense: Tensor) -> Tensor:
        """[rows, width] in float32, of dense [columns, width], under autocast as well."""
        with _without_autocast(dense):
            return self.matrix(values.float()) @ dense.float()

    def sums(self, values: Tensor) -> Tensor:
        """[rows], of values [entries]; 0 in an empty row."""
        return _reduced(values, "sum", self.starts)

    def largest(self, values: Tensor) -> Tensor:
        """[rows], of values [entries]; −∞ in an empty row."""
        return _reduced(values, "max", self.starts)

    def blocks(self, count: int) -> Pattern:
        """So many of it along the diagonal of a matrix."""
        (rows, columns), entries = self.shape, len(self.columns)
        block = torch.arange(count, device=self.columns.device)[:, None]
        starts = (self.starts[1:] + block * entries).flatten()
        shape = (rows * count, columns * count)
        columns_of = (self.columns + block * columns).flatten()
        return Pattern(torch.cat([self.starts[:1], starts]), columns_of, shape)


@dataclass(frozen=True)
class Matrix:
    """A sparse matrix and its transpose.

    values: float32 [entries]
    rows: int64 [entries], of each entry
    order: int64 [entries], which entry of the matrix each one of the transpose is
    """

    pattern: Pattern
    transposed: Pattern
    values: Tensor
    rows: Tensor
    order: Tensor

    @classmethod
    def of(cls, matrix: Tensor) -> Matrix:
        """Of a CSR tensor whose columns rise within each row."""
        starts, columns = matrix.crow_indices().long(), matrix.col_indices().long()
        shape = (matrix.shape[0], matrix.shape[1])
        rows = torch.repeat_interleave(starts.diff())
        order = torch.argsort(columns, stable=True)
        ends = torch.bincount(columns, minlength=shape[1]).cumsum(0)
        transposed = Pattern(torch.cat([ends.new_zeros(1), ends]), rows[order], shape[::-1])
        return cls(Pattern(starts, columns, shape), transposed, matrix.values(), rows, order)

    @property
    def columns(self) -> Tensor:
        """int64 [entries], of each entry."""
        return self.pattern.columns

    @property
    def entries(self) -> int:
        """How many are stored."""
        return len(self.values)

    def blocks(self, count: int) -> Matrix:
        """So many of it along the diagonal of a matrix: one for each head, in one product."""
        if count == 1:
            return self
        block = torch.arange(count, device=self.rows.device)[:, None]
        return Matrix(
            self.pattern.blocks(count),
            self.transposed.blocks(count),
            self.values.repeat(count),
            (self.rows + block * self.pattern.shape[0]).flatten(),
            (self.order + block * self.entries).flatten(),
        )

    def times(self, dense: Tensor, values: Tensor | None = None) -> Tensor:
        """[rows, width], for dense [columns, width]; differentiable.

        values: [entries], in place of the matrix's own; differentiable as well
        """
        found: Tensor = _Times.apply(dense, self.values if values is None else values, self)
        return found

    def at_rows(self, values: Tensor) -> Tensor:
        """[entries], of values [rows]: that of each entry's row; differentiable."""
        found: Tensor = _AtRows.apply(values, self)
        return found

    def at_columns(self, values: Tensor) -> Tensor:
        """[entries], of values [columns]: that of each entry's column; differentiable."""
        found: Tensor = _AtColumns.apply(values, self)
        return found

    def softmax(self, scores: Tensor) -> Tensor:
        """Of scores [entries], within each row; differentiable."""
        found: Tensor = _Softmax.apply(scores, self)
        return found


def csr(starts: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A CSR tensor; nothing is checked.

    starts: int64 [rows + 1]; columns: int64 [entries]; values: [entries]
    """
    return torch.sparse_csr_tensor(starts, columns, values, shape, check_invariants=False)


def with_self(edges: Tensor) -> Matrix:
    """A + I of CSR edges [nodes, nodes] without self-loops: each node is its own neighbour too."""
    nodes, device = edges.shape[0], edges.device
    starts, columns = edges.crow_indices().long(), edges.col_indices().long()
    own = torch.arange(nodes, device=device)
    rows = torch.cat([torch.repeat_interleave(starts.diff()), own])
    columns, values = torch.cat([columns, own]), torch.cat([edges.values(), torch.ones_like(own)])
    order = torch.argsort(rows * nodes + columns)
    starts = starts + torch.arange(nodes + 1, device=device)
    return Matrix.of(csr(starts, columns[order], values[order].float(), (nodes, nodes)))


def normalised(edges: Tensor) -> Matrix:
    """D^−½ (A + I) D^−½, where D has the row sums of A + I (Kipf and Welling, 2017)."""
    matrix = with_self(edges)
    scale = matrix.pattern.sums(matrix.values).rsqrt()
    values = scale[matrix.rows] * matrix.values * scale[matrix.columns]
    return replace(matrix, values=values)


def mean(edges: Tensor) -> Matrix:
    """D^−1 A: the mean over a node's neighbours; 0 where it has none."""
    matrix = Matrix.of(edges)
    degrees = matrix.pattern.sums(matrix.values)
    return replace(matrix, values=matrix.values / degrees[matrix.rows])


class _Times(Function):
    @staticmethod
    def forward(context: Any, dense: Tensor, values: Tensor, matrix: Matrix) -> Tensor:
        context.matrix = matrix
        context.save_for_backward(dense, values)
        return matrix.pattern.product(values, dense)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        matrix, (dense, values) = context.matrix, context.saved_tensors
        of_dense = of_values = None
        gradient = gradient.contiguous()
        if context.needs_input_grad[0]:
            of_dense = matrix.transposed.product(values[matrix.order], gradient).to(dense.dtype)
        if context.needs_input_grad[1]:
            # The products of rows of the gradient with rows of `dense`, where there are entries.
            empty = matrix.pattern.matrix(torch.zeros_like(values))
            sampled = torch.sparse.sampled_addmm(empty, gradient, dense.float().t(), beta=0.0)
            of_values = sampled.values()
        return of_dense, of_values, None


class _AtRows(Function):
    @staticmethod
    def forward(context: Any, values: Tensor, matrix: Matrix) -> Tensor:
        context.matrix = matrix
        return values.index_select(0, matrix.rows)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return context.matrix.pattern.sums(gradient), None


class _AtColumns(Function):
    @staticmethod
    def forward(context: Any, values: Tensor, matrix: Matrix) -> Tensor:
        context.matrix = matrix
        return values.index_select(0, matrix.columns)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        matrix = context.matrix
        return matrix.transposed.sums(gradient.index_select(0, matrix.order)), None


class _Softmax(Function):
    @staticmethod
    def forward(context: Any, scores: Tensor, matrix: Matrix) -> Tensor:
        largest = matrix.pattern.largest(scores).index_select(0, matrix.rows)
        powers = (scores - largest).exp_()
        weights = powers.div_(matrix.pattern.sums(powers).index_select(0, matrix.rows))
        context.matrix = matrix
        context.save_for_backward(weights)
        return weights

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        matrix, (weights,) = context.matrix, context.saved_tensors
        weighted = weights * gradient
        of_row = matrix.pattern.sums(weighted).index_select(0, matrix.rows)
        return weighted - weights * of_row, None


def _reduced(values: Tensor, how: str, starts: Tensor) -> Tensor:
    return torch.segment_reduce(values, how, offsets=starts, axis=0, unsafe=True)


def _without_autocast(tensor: Tensor) -> Any:
    """Sparse products are in float32; to enter the context costs 15 µs."""
    device = tensor.device.type
    on = torch.is_autocast_enabled(device)
    return torch.autocast(device, enabled=False) if on else nullcontext()


with warnings.catch_warnings():  # torch says once in a process that its CSR is in beta
    warnings.simplefilter("ignore")
    _none = torch.zeros(0, dtype=torch.int64)
    csr(torch.zeros(2, dtype=torch.int64), _none, torch.zeros(0), (1, 1))
