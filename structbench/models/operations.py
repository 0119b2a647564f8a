"""Multiply-accumulates, seen operation by operation.

Counted are products that a sum takes up: matrix products and convolutions of every kind, recurrent
layers, attention, and an elementwise product that is summed at once. Elementwise operations, means,
pooling, normalisation and look-ups have none. Every place of a window and every score of attention
counts, also where padding or a mask makes it zero; of a sparse matrix, those that it stores. A
product of complex numbers is four of real ones; torch's convolution does with three. What else
multiplies and accumulates is named.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


def _attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    """A causal mask takes half of the scores away, but all are counted: a mask is data."""
    return query.shape[:-1].numel() * key.shape[-2] * (query.shape[-1] + value.shape[-1])


def _embedding_bag(
    table: Tensor, places: Tensor, offsets: Tensor,
    by_frequency: bool = False, mode: int = 0, sparse: bool = False,
    weights: Tensor | None = None, *_: Any,
) -> int:  # fmt: skip
    """Rows are looked up and summed; products are in it only where they are weighted."""
    return 0 if weights is None else places.numel() * table.shape[1]


def _rnn_layer(inputs: Tensor, of_inputs: Tensor, of_hidden: Tensor, *_: Any) -> int:
    """One direction of one layer: all weights in each step, [steps, examples, features]."""
    return inputs.shape[:2].numel() * (of_inputs.numel() + of_hidden.numel())


def _trilinear(*operands: Any) -> int:
    """One for each product of three numbers: for a bilinear layer, one for each weight."""
    shapes = []
    for tensor, axes in zip(operands[:3], operands[3:6], strict=True):
        for axis in axes:
            tensor = tensor.unsqueeze(axis)
        shapes.append(tensor.shape)
    return math.prod(map(max, zip(*shapes, strict=True)))


# What torch's own table of operations leaves out: from an operation's arguments to its
# multiply-accumulates.
RULES: dict[str, Callable[..., int]] = {
    "dot": lambda a, b, **_: a.numel(),
    "vdot": lambda a, b, **_: a.numel(),
    "mv": lambda matrix, vector, **_: matrix.numel(),
    "addmv": lambda start, matrix, vector, **_: matrix.numel(),
    "addbmm": lambda start, a, b, **_: a.numel() * b.shape[2],
    "_addmm_activation": lambda start, a, b, **_: a.numel() * b.shape[1],
    "_trilinear": _trilinear,
    "_embedding_bag": _embedding_bag,
    "_embedding_bag_forward_only": _embedding_bag,
    "mkldnn_rnn_layer": _rnn_layer,
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
}
# Words in the names of operations that multiply and accumulate; without a rule, they are named.
MULTIPLY = frozenset({
    "mm", "addmm", "bmm", "baddbmm", "addbmm", "hspmm", "sspaddmm", "matmul", "mv", "addmv",
    "dot", "vdot", "linear", "trilinear", "convolution", "conv", "conv2d", "conv3d", "rnn",
    "lstm", "gru", "attention", "transformer", "c2c", "c2r", "r2c", "linalg", "cholesky", "solve",
    "spsolve", "geqrf", "ormqr", "cdist", "pdist", "euclidean", "sampler", "linear1d",
    "bilinear2d", "trilinear3d", "bicubic2d", "lanczos2d",
})  # fmt: skip
# Products of which one factor may be sparse, and where the two stand among the arguments.
FACTORS = {
    "mm": 0, "mv": 0, "bmm": 0, "hspmm": 0, "_sparse_mm_reduce_impl": 0,
    "addmm": 1, "addmv": 1, "_sparse_addmm": 1, "sspaddmm": 1,
}  # fmt: skip
STORED = (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc)
ELEMENTWISE = ("linalg_vector_norm", "linalg__powsum", "linalg_cross", "_linalg_check_errors")
# What may sum an elementwise product, all of it or, as in a graph, by place.
SUMS = ("sum", "index_add", "scatter_add", "segment_reduce", "scatter_reduce", "index_reduce")
# Of the last three and of a sparse product, what they do instead of a sum or a mean.
NO_SUMS = frozenset({"prod", "amax", "amin", "max", "min"})
# Torch's own; what the operations of other libraries do is not known.
TORCH = ("aten", "prim", "prims", "profiler")
# Said of an operation on tensors that are not dense.
NESTED, SPARSE = " of nested tensors", " of sparse tensors"


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operation that runs within, and counts it for the part that runs.

    macs: part → multiply-accumulates; running: the parts that run, each within the one before;
    not_counted: names of operations, as keys, to have each once and in order
    """

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs, self.running = Counter[str](), [""]
        self.not_counted: dict[str, None] = {}
        self.product: Any = None

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Where it does, torch loads its compiler for the first operation, which takes seconds.
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run it, in steps where it is composed of others, and count it."""
        kwargs = kwargs or {}
        if any(t.__torch_dispatch__ != Tensor.__torch_dispatch__ for t in types):
            return NotImplemented  # A tensor made of others: what is done with those is seen.
        kind = _kind((*args, *kwargs.values()))
        if not kind and hasattr(func, "decompose"):
            with self:
                made = func.decompose(*args, **kwargs)
            if made is not NotImplemented:
                return made
        made = func(*args, **kwargs)
        macs = self._macs(func, args, kwargs, made, kind)
        if macs is not None:
            self.macs[self.running[-1]] += macs
        elif _multiplies(func):
            self.not_counted[f"{func.namespace}::{_name(func)}{kind}"] = None
        return made

    def _macs(
        self, func: Any, args: Any, kwargs: dict[str, Any], made: Any, kind: str
    ) -> int | None:
        """Its multiply-accumulates, of real numbers; None where no rule says how many."""
        if kind == NESTED:
            return None
        name = _name(func) if func.namespace in TORCH else ""
        real = 4 if isinstance(made, Tensor) and made.is_complex() else 1
        if name == "mul" and all(isinstance(factor, Tensor) for factor in args):
            self.product = made
        if name in SUMS and any(given is self.product for given in args if given is not None):
            return None if _no_sum(args) else real * _stored(self.product)
        if kind:
            macs = _of_sparse(name, args)
            return None if macs is None else real * macs
        if name in RULES:
            return real * RULES[name](*args, **kwargs)
        if formula := flop_registry.get(_packet(func)):
            # One multiply-accumulate is two floating-point operations.
            return real * int(formula(*args, **kwargs, out_val=made)) // 2
        return None


class CountingCompiled(Counting):  # type: ignore[no-untyped-call]
    """The same where torch's compiler is loaded: it then runs modules as they are written."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return True

    def __torch_dispatch__(self, *given: Any) -> Any:
        """Run it and count it."""
        return super().__torch_dispatch__(*given)


def compiler_is_loaded() -> bool:
    """Whether a module that runs may be a compiled one."""
    return "torch._dynamo" in sys.modules


def _name(func: Any) -> str:
    """Without what tells apart its forms: `mm` for `aten::mm.out`, `addmm` for `aten::addmm_`."""
    return str(func.name()).rpartition("::")[2].partition(".")[0].removesuffix("_")


def _packet(func: Any) -> Any:
    """What torch's table has it under."""
    return getattr(getattr(torch.ops, func.namespace), _name(func), None)


def _multiplies(func: Any) -> bool:
    """Whether it multiplies and accumulates, as far as is known."""
    name = _name(func)
    if func.namespace not in TORCH:
        return True
    return name not in ELEMENTWISE and not MULTIPLY.isdisjoint(name.split("_"))


def _kind(values: tuple[Any, ...]) -> str:
    """Said of an operation on tensors that are not dense."""
    tensors = [value for value in values if isinstance(value, Tensor)]
    if any(tensor.is_nested for tensor in tensors):
        return NESTED
    sparse = any("sparse" in str(tensor.layout) for tensor in tensors)
    return SPARSE if sparse else ""


def _of_sparse(name: str, args: Any) -> int | None:
    """One for each entry of a sparse matrix and each row or column of a dense one; of two sparse
    ones nobody knows before they are multiplied."""
    if name not in FACTORS or _no_sum(args):
        return None
    a, b = args[FACTORS[name] :][:2]
    sparse, dense = (b, a) if a.layout == torch.strided else (a, b)
    if dense.layout != torch.strided or sparse.layout not in STORED or sparse.dense_dim():
        return None
    width = a.shape[-2] if sparse is b else b.shape[-1] if b.ndim > 1 else 1
    return _stored(sparse) * int(width)


def _no_sum(args: Any) -> bool:
    return any(given in NO_SUMS for given in args if isinstance(given, str))


def _stored(tensor: Tensor) -> int:
    """How many numbers it has; of a sparse one, those that it stores."""
    return int(tensor.numel() if tensor.layout == torch.strided else tensor._nnz())
