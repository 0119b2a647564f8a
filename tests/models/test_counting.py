"""Multiply-accumulates and parameters of any torch module, each held against its arithmetic."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from structbench.models import MODELS
from structbench.models.counting import Observed, observe
from structbench.problem import Problem

r = torch.ones


class Does(nn.Module):
    """A module that does this."""

    def __init__(self, does: Callable[..., Any]):
        super().__init__()
        self.does = does

    def forward(self, *inputs: Tensor) -> Any:
        return self.does(*inputs)


def seen(module: nn.Module | Callable[..., Any], *inputs: Tensor) -> Observed:
    module = module if isinstance(module, nn.Module) else Does(module)
    return observe(module.eval(), inputs)


def macs(module: nn.Module | Callable[..., Any], *inputs: Tensor) -> int:
    """Where all is counted."""
    found = seen(module, *inputs)
    assert found.not_counted == ()
    return found.table.macs


@pytest.mark.parametrize("family", ["cnn", "fnn", "linear", "lenet5"])
def test_the_layers_of_the_built_in_families_are_counted_as_their_tables_say(family: str) -> None:
    problem = Problem("image", (1, 28, 28), 10)
    spec = MODELS[family]()
    expected = {r.name: (r.parameters.value, r.macs) for r in spec.layer_table(problem).rows}
    found = seen(spec.network(problem), torch.zeros(1, 1, 28, 28))
    assert {r.name: (r.parameters.value, r.macs) for r in found.rows} == expected
    assert not found.not_counted


class Rows(nn.Module):
    """Reads an image of 28×28 row by row."""

    def __init__(self, rnn: Callable[..., nn.RNNBase]):
        super().__init__()
        self.rnn = rnn(28, 32, batch_first=True)
        self.out = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.rnn(x.squeeze(1))[0][:, -1])


@pytest.mark.parametrize(("rnn", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_a_recurrent_layer_counts_all_its_gates_in_every_step(
    rnn: Callable[..., nn.RNNBase], gates: int
) -> None:
    found = seen(Rows(rnn), r(1, 1, 28, 28))
    assert [row.macs for row in found.rows] == [28 * (28 + 32) * gates * 32, 320]
    assert found.rows[0].output_shape == (28, 32)
    assert gates != 4 or found.table.macs == 215_360


# 7 steps of 5 numbers, 8 hidden.
@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(
    ("rnn", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)], ids=["lstm", "gru", "rnn"]
)
def test_recurrent_layers_of_every_form(rnn: Callable[..., nn.Module], gates: int) -> None:
    one, steps = gates * 8 * (5 + 8), r(7, 1, 5)
    assert macs(rnn(5, 8), steps) == 7 * one
    assert macs(rnn(5, 8, bias=False), steps) == 7 * one
    assert macs(rnn(5, 8), r(7, 5)) == 7 * one, "without an axis of examples"
    assert macs(rnn(5, 8, batch_first=True), r(1, 7, 5)) == 7 * one
    assert macs(rnn(5, 8).double(), steps.double()) == 7 * one
    # The second layer reads both directions of the first.
    both = 2 * gates * 8 * (5 + 8) + 2 * gates * 8 * (2 * 8 + 8)
    assert macs(rnn(5, 8, 2, bidirectional=True, dropout=0.5), steps) == 7 * both
    if rnn is nn.LSTM:
        assert macs(rnn(5, 8, proj_size=3), steps) == 7 * (4 * 8 * (5 + 3) + 8 * 3)
    else:
        assert rnn is not nn.RNN or macs(rnn(5, 8, nonlinearity="relu"), steps) == 7 * one


@pytest.mark.parametrize("rnn", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_packed_sequence_counts_the_steps_that_it_has(rnn: Callable[..., nn.RNNBase]) -> None:
    pack = nn.utils.rnn.pack_padded_sequence
    layer = rnn(5, 8, batch_first=True)
    packed = seen(lambda x: layer(pack(x, [4], batch_first=True)), r(1, 7, 5)).table.macs
    assert packed == macs(layer, r(1, 4, 5)) > 0


@pytest.mark.parametrize(("cell", "gates"), [(nn.LSTMCell, 4), (nn.GRUCell, 3), (nn.RNNCell, 1)])
def test_recurrent_cells(cell: Callable[..., nn.Module], gates: int) -> None:
    assert macs(cell(5, 8), r(1, 5)) == gates * 8 * (5 + 8)


def attention(queries: int, keys: int, width: int) -> int:
    """Projections of what is asked, of keys, values and the answer; scores, weighted values."""
    return (2 * queries + 2 * keys) * width * width + 2 * queries * keys * width


@pytest.mark.parametrize("need_weights", [True, False])
def test_attention_of_several_heads(need_weights: bool) -> None:
    own, x, source = nn.MultiheadAttention(8, 2, batch_first=True), r(1, 7, 8), r(1, 6, 8)
    assert macs(lambda: own(x, x, x, need_weights=need_weights)) == attention(7, 7, 8)
    assert macs(lambda: own(x, source, source, need_weights=need_weights)) == attention(7, 6, 8)
    other = nn.MultiheadAttention(8, 2, kdim=5, vdim=3, batch_first=True)
    expected = 7 * 8 * 8 + 6 * 5 * 8 + 6 * 3 * 8 + 2 * 7 * 6 * 8 + 7 * 8 * 8
    asked = lambda: other(x, r(1, 6, 5), r(1, 6, 3), need_weights=need_weights)  # noqa: E731
    assert macs(asked) == expected


@pytest.mark.parametrize("how", [{}, {"is_causal": True}, {"attn_mask": torch.ones(7, 6) > 0}])
def test_scores_count_whether_or_not_a_mask_hides_them(how: dict[str, Any]) -> None:
    # 2 heads, 7 questions, 6 keys of 4 numbers, values of 4 and of 3.
    q, k = r(1, 2, 7, 4), r(1, 2, 6, 4)
    scaled = functional.scaled_dot_product_attention
    assert macs(lambda: scaled(q, k, k, **how)) == 2 * 7 * 6 * (4 + 4)
    assert macs(lambda: scaled(q, k, r(1, 2, 6, 3), **how)) == 2 * 7 * 6 * (4 + 3)


def test_transformers_are_counted_without_their_fused_path() -> None:
    one = attention(7, 7, 8) + 2 * 7 * 8 * 16
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    assert macs(layer, r(1, 7, 8)) == one
    two = nn.TransformerEncoder(layer, 2)
    assert macs(two, r(1, 7, 8)) == 2 * one
    hidden = torch.arange(7)[None] > 4
    assert macs(lambda: two.eval()(r(1, 7, 8), src_key_padding_mask=hidden)) == 2 * one
    first = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
    assert macs(first, r(1, 7, 8)) == one
    decoder = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    read = attention(7, 7, 8) + attention(7, 6, 8) + 2 * 7 * 8 * 16
    assert macs(decoder, r(1, 7, 8), r(1, 6, 8)) == read
    assert torch.backends.mha.get_fastpath_enabled()


class Patches(nn.Module):
    """A small vision transformer of torch's own layers."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = nn.Conv2d(1, 32, 7, stride=7)
        self.place = nn.Parameter(torch.zeros(1, 16, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        tokens = self.cut(x).flatten(2).transpose(1, 2) + self.place
        return self.out(self.encoder(tokens).mean(1))


def test_a_vision_transformer_part_by_part() -> None:
    found = seen(Patches(), r(1, 1, 28, 28))
    by_name = {row.name: row.macs for row in found.rows}
    assert by_name["cut"] == 16 * 32 * 49
    assert by_name["encoder.layers.1.self_attn"] == attention(16, 16, 32)
    assert by_name["encoder.layers.1.linear1"] == 16 * 32 * 64
    expected = 16 * 32 * 49 + 2 * (attention(16, 16, 32) + 2 * 16 * 32 * 64) + 320
    assert found.table.macs == expected == 320_320


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x1_0"])
def test_networks_are_counted_as_those_who_publish_them_do(name: str) -> None:
    published = next(iter(torchvision.models.get_model_weights(name))).meta
    table = seen(torchvision.models.get_model(name), r(1, 3, 224, 224)).table
    assert table.parameters == published["num_params"]
    assert round(table.macs / 1e9, 3) == published["_ops"]


def test_attention_written_out() -> None:
    def attend(x: Tensor) -> Any:
        weights = torch.einsum("bqd,bkd->bqk", x, x).softmax(-1)
        return weights @ x + torch.bmm(weights, x)

    assert macs(attend, r(1, 7, 8)) == 3 * 7 * 7 * 8


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Conv1d(2, 4, 3), (2, 9), 4 * 7 * 2 * 3),
        (nn.Conv2d(2, 4, (3, 5), stride=2, padding=1), (2, 9, 9), 4 * 5 * 4 * 2 * 15),
        (nn.Conv2d(2, 4, 3, dilation=2), (2, 9, 9), 4 * 5 * 5 * 2 * 9),
        (nn.Conv2d(4, 8, 3, groups=2), (4, 9, 9), 8 * 7 * 7 * 2 * 9),
        (nn.Conv2d(4, 4, 3, groups=4), (4, 9, 9), 4 * 7 * 7 * 9),
        (nn.Conv2d(2, 4, 3, padding="same", padding_mode="circular"), (2, 9, 9), 4 * 81 * 18),
        (nn.Conv3d(2, 4, 3), (2, 5, 5, 5), 4 * 27 * 2 * 27),
        # Each value of the input is multiplied with the whole kernel of each of its outputs.
        (nn.ConvTranspose1d(2, 4, 3, stride=2), (2, 9), 9 * 2 * 4 * 3),
        (nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1), (2, 9, 9), 81 * 2 * 4 * 9),
        (nn.ConvTranspose2d(4, 8, 3, groups=2), (4, 9, 9), 81 * 4 * 4 * 9),
        (nn.Linear(5, 3), (7, 5), 7 * 5 * 3),
        (nn.Bilinear(5, 4, 3, bias=False), None, 3 * 5 * 4),
        (nn.Unfold(3), (2, 9, 9), 0),
        (nn.BatchNorm2d(2), (2, 9, 9), 0),
        (nn.LayerNorm(9), (2, 9), 0),
        (nn.AvgPool2d(3), (2, 9, 9), 0),
        (nn.AdaptiveAvgPool2d(1), (2, 9, 9), 0),
        (nn.Upsample(scale_factor=2), (2, 9, 9), 0),
        (nn.GELU(), (9,), 0),
        (nn.Softmax(-1), (9,), 0),
    ],
    ids=lambda value: str(value).partition("(")[0] if isinstance(value, nn.Module) else None,
)
def test_layers(layer: nn.Module, shape: tuple[int, ...] | None, expected: int) -> None:
    inputs = (r(1, *shape),) if shape else (r(1, 5), r(1, 4))
    assert macs(layer, *inputs) == expected
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and shape:
        assert macs(layer, r(shape)) == expected, "without an axis of examples"


def test_tables_that_are_looked_up() -> None:
    places = torch.zeros(1, 6, dtype=torch.int64)
    assert macs(nn.Embedding(9, 4), places) == 0
    for mode in ("sum", "mean", "max"):
        assert macs(nn.EmbeddingBag(9, 4, mode=mode), places) == 0
    bag = nn.EmbeddingBag(9, 4, mode="sum")
    assert macs(lambda: bag(places, per_sample_weights=r(1, 6))) == 6 * 4


PLACES = torch.tensor([0, 1, 1, 2, 0])


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        (lambda a, b, v: a @ v, 3 * 5),
        (lambda a, b, v: torch.mv(a, v), 3 * 5),
        (lambda a, b, v: torch.addmv(r(3), a, v), 3 * 5),
        (lambda a, b, v: v @ v, 5),
        (lambda a, b, v: torch.dot(v, v), 5),
        (lambda a, b, v: torch.inner(a, a), 3 * 3 * 5),
        (lambda a, b, v: a @ a.T, 3 * 3 * 5),
        (lambda a, b, v: torch.mm(a, a.T, out=torch.empty(3, 3)), 3 * 3 * 5),
        (lambda a, b, v: torch.addmm(r(3), a, a.T), 3 * 3 * 5),
        (lambda a, b, v: r(3, 3).addmm_(a, a.T), 3 * 3 * 5),
        (lambda a, b, v: torch.bmm(b, b.mT), 2 * 3 * 3 * 5),
        (lambda a, b, v: torch.baddbmm(r(2, 3, 3), b, b.mT), 2 * 3 * 3 * 5),
        (lambda a, b, v: r(2, 3, 3).baddbmm_(b, b.mT), 2 * 3 * 3 * 5),
        (lambda a, b, v: torch.addbmm(r(3, 3), b, b.mT), 2 * 3 * 3 * 5),
        (lambda a, b, v: b @ a.T, 2 * 3 * 3 * 5),
        (lambda a, b, v: r(4, 1, 3, 5) @ b.mT, 4 * 2 * 3 * 3 * 5),
        (lambda a, b, v: torch.einsum("bij,bkj->bik", b, b), 2 * 3 * 3 * 5),
        (lambda a, b, v: torch.einsum("bij,j->bi", b, v), 2 * 3 * 5),
        (lambda a, b, v: torch.tensordot(b, b, dims=([1, 2], [1, 2])), 2 * 2 * 3 * 5),
        (lambda a, b, v: torch.linalg.multi_dot([a, a.T, a]), 2 * 3 * 3 * 5),
        (lambda a, b, v: torch.linalg.matrix_power(a @ a.T, 2), 3 * 3 * 5 + 3 * 3 * 3),
        (lambda a, b, v: torch.vmap(lambda x: x @ x.T)(b), 2 * 3 * 3 * 5),
        # A product that is summed at once is one, however it is written.
        (lambda a, b, v: (b * a).sum(-1), 2 * 3 * 5),
        (lambda a, b, v: torch.linalg.vecdot(a, a), 3 * 5),
        (lambda a, b, v: torch.zeros(2, 5).index_add_(0, torch.tensor([0, 1, 1]), a * v), 3 * 5),
        (lambda a, b, v: torch.segment_reduce(a * v, "sum", lengths=torch.tensor([1, 2])), 3 * 5),
        (lambda a, b, v: torch.zeros(5).scatter_reduce(0, PLACES, v * v, "mean"), 5),
        (lambda a, b, v: torch.zeros(5).scatter_reduce(0, PLACES, v * v, "amax"), 0),
        # What sums nothing is elementwise.
        (lambda a, b, v: torch.outer(v, v), 0),
        (lambda a, b, v: torch.einsum("i,j->ij", v, v), 0),
        (lambda a, b, v: (a * 2).sum() + a.sum() + (a * a + a).sum(), 0),
        (lambda a, b, v: torch.linalg.norm(a), 0),
    ],
)
def test_products(does: Callable[..., Any], expected: int) -> None:
    assert macs(does, r(3, 5), r(2, 3, 5), r(5)) == expected


# 2 entries in a matrix of 3×5.
@pytest.mark.filterwarnings("ignore:Sparse ")
@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc], ids=str)
@pytest.mark.parametrize(
    ("does", "expected"),
    [
        (lambda s: s @ r(5, 4), 2 * 4),
        (lambda s: s @ r(5), 2),
        (lambda s: r(7, 3) @ s, 2 * 7),
        (lambda s: torch.sparse.mm(s, r(5, 4)), 2 * 4),
        (lambda s: torch.addmm(r(3, 4), s, r(5, 4)), 2 * 4),
        (lambda s: torch.sparse.addmm(r(3, 4), s, r(5, 4)), 2 * 4),
        (lambda s: functional.linear(s, r(4, 5), r(4)), 2 * 4),
        (lambda s: (s * 2).sum(), 0),
    ],
)
def test_products_with_a_sparse_matrix_are_as_many_as_it_stores(
    does: Callable[..., Any], expected: int, layout: torch.layout
) -> None:
    full = torch.zeros(3, 5)
    full[0, 1] = full[2, 4] = 1
    assert macs(does, full.to_sparse(layout=layout)) == expected
    twofold = (full + 0j).to_sparse(layout=layout)
    assert macs(lambda s: s @ (r(5, 4) + 0j), twofold) == 4 * 2 * 4


@pytest.mark.filterwarnings("ignore:Sparse ")
def test_sparse_products_of_one_layout() -> None:
    full = torch.zeros(3, 5)
    full[0, 1] = full[2, 4] = 1
    for how in ("sum", "mean"):
        assert macs(lambda s, how=how: torch.sparse.mm(s, r(5, 4), how), full.to_sparse_csr()) == 8
    assert macs(lambda s: (s * s).sum(), full.to_sparse()) == 2
    several = torch.stack([full, full]).to_sparse()
    assert macs(lambda s: torch.bmm(s, r(2, 5, 4)), several) == 4 * 4


def test_a_product_of_complex_numbers_is_four_of_real_ones() -> None:
    class Turns(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(5, 3, dtype=torch.complex64))

        def forward(self, x: Tensor) -> Any:
            return (x.to(torch.complex64) @ self.weight).real

    table = seen(Turns(), r(1, 5)).table
    assert (table.parameters, table.macs) == (15, 4 * 15)
    # (a + ib)(c + id) = ac − bd + i((a + b)(c + d) − ac − bd): torch's convolution takes three.
    layer = nn.Conv1d(2, 4, 3, dtype=torch.complex64)
    assert macs(layer, torch.ones(1, 2, 9, dtype=torch.complex64)) == 3 * 4 * 7 * 2 * 3


def test_operations_are_counted_however_they_run() -> None:
    a, lin = r(3, 5), nn.Linear(5, 5)

    @torch.inference_mode()
    def inferred() -> Any:
        return functional.scaled_dot_product_attention(lin(a)[None], a[None], a[None])

    assert macs(inferred) == 3 * 5 * 5 + 2 * 3 * 3 * 5

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x @ x.T

    assert macs(lambda: Twice.apply(a)) == 3 * 3 * 5

    @torch.enable_grad()
    def differentiated() -> Any:
        x = a.clone().requires_grad_()
        return torch.autograd.grad(lin(x).sum(), x)

    assert macs(differentiated) >= 2 * 3 * 5 * 5

    class Image(Tensor):
        pass

    assert macs(lambda: lin(a.as_subclass(Image))) == 3 * 5 * 5
    jagged = torch.nested.nested_tensor([r(2, 5), r(3, 5)], layout=torch.jagged)
    assert macs(lambda: jagged @ r(5, 5)) == (2 + 3) * 5 * 5


@torch.library.custom_op("structbench_test::double", mutates_args=())
def double(x: Tensor) -> Tensor:
    return x * 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("does", "name"),
    [
        (lambda a: torch.fft.rfft2(a), "aten::_fft_r2c"),
        (lambda a: a.to_sparse() @ a.to_sparse(), "aten::mm of sparse tensors"),
        (
            lambda a: torch.sparse.mm(a.to_sparse_csr(), a, "amax"),
            "aten::_sparse_mm_reduce_impl of sparse tensors",
        ),
        (lambda a: a.to_sparse_bsr((1, 1)) @ a, "aten::mm of sparse tensors"),
        (lambda a: torch.cdist(a, a), "aten::_cdist_forward"),
        (lambda a: torch.cdist(r(30, 5), r(30, 5)), "aten::_euclidean_dist"),
        (lambda a: functional.pdist(a), "aten::_pdist_forward"),
        (lambda a: torch.linalg.inv(torch.eye(5)), "aten::linalg_inv_ex"),
        (lambda a: torch.linalg.svd(a), "aten::_linalg_svd"),
        (lambda a: torch.linalg.solve(torch.eye(5), a), "aten::_linalg_solve_ex"),
        (lambda a: torch.matrix_exp(a), "aten::linalg_matrix_exp"),
        (lambda a: torch.cholesky_solve(a, torch.eye(5)), "aten::cholesky_solve"),
        (lambda a: functional.grid_sample(r(1, 2, 5, 5), r(1, 4, 4, 2)), "aten::grid_sampler_2d"),
        (
            lambda a: functional.interpolate(r(1, 2, 5, 5), scale_factor=2, mode="bilinear"),
            "aten::upsample_bilinear2d",
        ),
        (lambda a: double(a), "structbench_test::double"),
        (lambda a: torch.cond(a.sum() > 0, torch.sin, torch.cos, (a,)), "higher_order::cond"),
    ],
)
def test_what_cannot_be_counted_is_named(does: Callable[..., Any], name: str) -> None:
    found = seen(lambda a: (does(a), does(a), a @ a), r(5, 5))
    assert found.not_counted == (name,)
    assert found.table.not_counted == (name,)
    assert found.table.macs == 5 * 5 * 5


def test_the_formula_of_a_custom_operation_is_used() -> None:
    from torch.utils.flop_counter import flop_registry, register_flop_formula

    @register_flop_formula(torch.ops.structbench_test.double)
    def formula(shape: torch.Size, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
        return 2 * shape.numel()

    try:
        assert macs(double, r(5, 5)) == 25
    finally:
        del flop_registry[torch.ops.structbench_test.double]


class Once(nn.Module):
    """What runs twice, what lends its weights, what fails and what never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.shared = nn.Linear(4, 4)
        self.again = self.shared
        self.lent = nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.lent.weight
        self.fails = nn.Linear(9, 9)
        self.several = nn.ParameterList([torch.ones(4, 2), torch.ones(2)])
        self.frozen = nn.Linear(4, 3).requires_grad_(False)

    def forward(self, x: Tensor) -> Any:
        x = self.again(self.shared(x * self.scale))
        x = self.tied(functional.linear(x, self.lent.weight))
        try:
            self.fails(x)
        except RuntimeError:
            x = x + 1
        return self.frozen(x), x @ self.several[0] + self.several[1]


def test_parameters_are_counted_once_and_operations_each_time() -> None:
    module, x = Once(), r(1, 4)
    found = seen(module, x)
    assert {row.name: (row.parameters.value, row.macs) for row in found.rows} == {
        "shared": (20, 2 * 16),
        "tied": (0, 16),
        "frozen": (0, 12),
        "fails": (90, 0),
        "model": (4, 16 + 8),
        "lent": (20, 0),
        "several": (10, 0),
    }
    assert (found.table.parameters, found.frozen) == (4 + 20 + 20 + 90 + 10, 15)
    every = sum(p.numel() for p in module.parameters())
    assert found.table.parameters + found.table.frozen == every


def test_a_module_is_left_as_it_was() -> None:
    module, calls = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).eval(), list[str]()
    module[0].register_forward_pre_hook(lambda part, given: calls.append("before"))
    module[0].register_forward_hook(lambda part, given, output: output @ torch.ones(4, 2))
    module[1] = nn.Linear(2, 3)
    hooks = [(dict(m._forward_hooks), dict(m._forward_pre_hooks)) for m in module.modules()]
    state = {name: value.clone() for name, value in module.state_dict().items()}
    found = observe(module, (r(1, 4),))
    # What a hook does counts for the part that it is of.
    assert [(row.name, row.macs) for row in found.rows] == [("0", 16 + 8), ("1", 6)]
    assert calls == ["before"]
    assert torch.equal(found.output, module(r(1, 4)))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        observe(module, (r(1, 5),))
    after = [(dict(m._forward_hooks), dict(m._forward_pre_hooks)) for m in module.modules()]
    assert after == hooks
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert not any(m._forward_hooks_always_called for m in module.modules())
    assert torch.backends.mha.get_fastpath_enabled()


def test_parametrised_and_lazy_weights_are_those_that_are_trained() -> None:
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(5, 3))
    table = seen(normed, r(1, 5)).table
    assert (table.parameters, table.macs) == (3 * 5 + 3 + 3, 15)
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(5, 3))
    # σ = u·(W v), without iterations outside of training.
    assert macs(spectral, r(1, 5)) == 15 + 15 + 3
    lazy = seen(nn.Sequential(nn.LazyLinear(3)), r(1, 5)).table
    assert (lazy.parameters, lazy.macs) == (18, 15)


@pytest.mark.filterwarnings("ignore")
def test_compiled_and_scripted_modules_are_counted() -> None:
    layers = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    table = seen(torch.jit.script(layers), r(1, 5)).table
    assert (table.parameters, table.macs) == (24 + 15, 20 + 12)
    compiled = seen(torch.compile(layers, backend="eager"), r(1, 5)).table
    assert (compiled.parameters, compiled.macs) == (24 + 15, 20 + 12)


def test_the_compiler_is_not_loaded_to_count() -> None:
    script = """
import sys
import torch
from torch import nn
from structbench.models.counting import observe

layer, x = nn.Linear(5, 4), torch.ones(1, 5)
assert observe(layer, (x,)).table.macs == 20
assert "torch._dynamo" not in sys.modules, "it takes seconds to load"
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


@pytest.mark.filterwarnings("ignore")
def test_flexible_attention_is_counted() -> None:
    from torch.nn.attention.flex_attention import flex_attention

    x = r(1, 2, 16, 16)
    assert macs(lambda: flex_attention(x, x, x)) == 2 * 16 * 16 * (16 + 16)
