"""What holds of every family that takes graphs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.errors import BudgetError
from structbench.experiment.schema import Experiment
from structbench.models import MODELS, ModelSpec
from structbench.models.budget import fit_budget
from structbench.models.build import build, example
from structbench.models.counting import observe
from structbench.models.fnn import FNN, SoftmaxRegression
from structbench.models.gat import GAT
from structbench.models.gcn import GCN
from structbench.models.graph_list import NeighbourList
from structbench.models.sage import SAGE
from structbench.problem import Problem
from tests.models.graphs import CORA, NODES, Graph, asked, csr, drawn, karate, made, problem_of

NEIGHBOURS: list[NeighbourList] = [
    GCN(hidden=5),
    GCN(hidden=5, depth=4, residual=True),
    SAGE(hidden=5, depth=3),
    GAT(hidden=3, heads=2),
    GAT(hidden=3, heads=2, output_heads=4, depth=3, residual=True),
]
ALONE = [FNN(hidden=(6, 6), residual=True, dropout=0.5), SoftmaxRegression()]
OF_NEIGHBOURS = pytest.mark.parametrize("spec", NEIGHBOURS, ids=str)
OF_EACH = pytest.mark.parametrize("spec", [*NEIGHBOURS, *ALONE], ids=str)
SEEDS = st.integers(0, 10_000)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_networks_of_coras_size_have_as_many_parameters() -> None:
    sizes = {
        "gcn": (GCN(), 92_231, ["1433·64 + 64", "64·7 + 7"]),
        "fnn": (FNN(hidden=(64,), dropout=0.5), 92_231, ["1433·64 + 64", "64·7 + 7"]),
        "sage": (SAGE(hidden=32), 92_199, ["2·1433·32 + 32", "2·32·7 + 7"]),
        "gat": (GAT(), 92_373, ["1433·64 + 2·64 + 64", "64·7 + 2·7 + 7"]),
        "linear": (SoftmaxRegression(), 10_038, ["1433·7 + 7"]),
    }
    for spec, parameters, formulas in sizes.values():
        table = spec.layer_table(CORA)
        assert table.parameters == parameters
        assert [r.parameters.formula for r in table.rows if r.parameters.value] == formulas
        assert sum(p.numel() for p in build(spec, CORA, 0).parameters()) == parameters


def test_a_pass_over_the_graph_is_counted_by_its_values_and_edges() -> None:
    around = 2 * 5278 + 2708
    macs = {r.name: r.macs for r in GCN().layer_table(CORA).rows if r.macs}
    assert macs == {
        "convolution1": 49_216 * 64 + around * 64,
        "convolution2": 2708 * 64 * 7 + around * 7,
    }
    table = SAGE(hidden=32).layer_table(CORA)
    assert table.rows[1].macs == 2 * 49_216 * 32 + 2 * 5278 * 32
    assert table.of_graph
    shapes = [row.output_shape for row in table.rows]
    assert shapes == [(1433,), (2708, 32), (2708, 32), (2708, 32), (2708, 7), (7,)]
    assert table.rows[0].input_shape == (1433,)
    assert [row.hops for row in table.rows] == [0, 1, 1, 1, 2, 2]


SPECS = (
    st.builds(GCN, hidden=st.integers(1, 9), depth=st.integers(1, 4))
    | st.builds(SAGE, hidden=st.integers(1, 9), depth=st.integers(1, 4))
    | st.builds(GCN, hidden=st.integers(1, 9), depth=st.integers(3, 4), residual=st.just(True))
    | st.builds(
        GAT,
        hidden=st.integers(1, 5),
        heads=st.integers(1, 4),
        output_heads=st.integers(1, 3),
        depth=st.integers(1, 3),
    )
    | st.builds(FNN, hidden=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple))
)


@settings(max_examples=40)
@given(spec=SPECS, values=st.sampled_from([0, 5, 20, 200, 360]))
def test_each_layer_counts_what_it_does(spec: ModelSpec, values: int) -> None:
    problem = Problem("graph", (30,), 3, nodes=12, edges=20, values=values)
    network = build(spec, problem, 0)
    found = observe(network, example(network, problem))
    table = spec.layer_table(problem)
    assert found.not_counted == ()
    assert found.output.shape == (1, 3)
    assert (found.table.parameters, found.table.macs) == (table.parameters, table.macs)
    seen = {row.name: row.macs for row in found.rows if "." not in row.name}
    assert all(seen.get(r.name, r.macs) == r.macs for r in table.rows if "residual" not in r.name)


@OF_EACH
def test_any_nodes_are_answered_in_any_order(spec: ModelSpec) -> None:
    graph = drawn()
    network = made(spec, problem_of(graph))
    every = asked(network, graph)
    nodes = torch.tensor([7, 0, 11, 7])
    assert torch.equal(asked(network, graph, nodes), every[nodes])
    assert every.shape == (NODES, 3)


@OF_EACH
def test_features_are_multiplied_alike_whether_they_are_sparse_or_dense(spec: ModelSpec) -> None:
    graph = drawn()
    network = made(spec, problem_of(graph))
    assert network.sparse
    sparse = asked(network, graph)
    network.sparse = False
    close(asked(network, graph), sparse)
    assert not made(spec, problem_of(drawn(values=0.2))).sparse


@OF_EACH
@settings(max_examples=10)
@given(seed=SEEDS)
def test_other_names_for_the_nodes_change_no_answer(spec: ModelSpec, seed: int) -> None:
    features, edges = drawn(seed)
    network = made(spec, problem_of((features, edges)))
    order = np.random.default_rng(seed).permutation(NODES)
    renamed = (
        csr(features.to_dense().numpy()[order]),
        csr(edges.to_dense().numpy()[order][:, order]),
    )
    close(asked(network, renamed), asked(network, (features, edges))[order])


@pytest.mark.parametrize("spec", ALONE, ids=str)
def test_without_the_structure_other_edges_change_nothing(spec: ModelSpec) -> None:
    features, edges = drawn(0)
    network = made(spec, problem_of((features, edges)))
    expected = asked(network, (features, edges))
    for seed in range(1, 4):
        assert torch.equal(asked(network, (features, drawn(seed)[1])), expected)


def far_from(node: int, edges: Tensor, steps: int) -> Tensor:
    """Which nodes are more than so many steps away: bool [nodes]."""
    around = torch.eye(NODES)[node]
    for _ in range(steps):
        around = around + edges @ around
    return around == 0


@OF_NEIGHBOURS
@settings(max_examples=10)
@given(seed=SEEDS, node=st.integers(0, NODES - 1))
def test_a_node_reads_as_many_steps_as_there_are_layers(
    spec: NeighbourList, seed: int, node: int
) -> None:
    features, edges = drawn(seed, edges=0.1)
    network = made(spec, problem_of((features, edges)))
    before = asked(network, (features, edges))[node]
    far = far_from(node, edges, spec.depth)
    other, without = features.to_dense(), edges.to_dense()
    other[far] = 7.0
    # Of the last ones that are read it counts how many edges they have, so those stay.
    without[far.outer(far)] = 0.0
    after = asked(network, (csr(other), csr(without)))[node]
    close(after, before)
    nearest = features.to_dense()
    nearest[~far] += 1.0
    assert not torch.equal(asked(network, (csr(nearest), edges))[node], before)


def test_a_node_without_neighbours_answers_by_itself() -> None:
    features, edges = drawn()
    nobody = csr(np.zeros((NODES, NODES)))
    for spec in NEIGHBOURS:
        network = made(spec, problem_of((features, edges)))
        found = asked(network, (features, edges))
        close(asked(network, (features, nobody))[-1], found[-1])
        assert found.isfinite().all()


def learned(network: nn.Module, graph: Graph) -> list[Tensor]:
    """Logits and gradients of a step with dropout."""
    torch.manual_seed(0)
    network.train()
    logits = asked(network, graph)
    loss = cross_entropy(logits, torch.arange(len(logits)) % 3)
    return [logits.detach(), *torch.autograd.grad(loss, list(network.parameters()))]


@pytest.mark.parametrize(
    "spec", [GCN(), SAGE(hidden=32), GAT(), FNN(hidden=(64,), dropout=0.5), SoftmaxRegression()]
)
def test_bits_do_not_depend_on_the_number_of_threads(spec: ModelSpec) -> None:
    rng = np.random.default_rng(0)
    joined = np.triu(rng.random((300, 300)) < 0.02, 1)
    graph = csr(rng.random((300, 100)) < 0.05), csr(joined | joined.T)
    threads, found = torch.get_num_threads(), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(learned(build(spec, problem_of(graph), 0), graph))
    finally:
        torch.set_num_threads(threads)
    assert all(map(torch.equal, *found))


@OF_EACH
def test_it_learns_under_autocast(spec: ModelSpec) -> None:
    graph = drawn()
    for values in (0.08, 0.9):
        graph = drawn(values=values)
        network = build(spec, problem_of(graph), 0)
        plain = learned(network, graph)
        with torch.autocast("cpu", torch.bfloat16):
            found = learned(network, graph)
        assert all(g.isfinite().all() for g in found)
        torch.testing.assert_close(found[0].float(), plain[0], rtol=0.1, atol=0.1)


@pytest.mark.parametrize(
    "spec", [FNN(hidden=(50,), dropout=0.5), GCN(hidden=50, depth=2)], ids=["fnn", "gcn"]
)
def test_of_sparse_features_those_that_are_stored_are_dropped(spec: ModelSpec) -> None:
    # Each node has one feature of its own: its row of the weights is taken twice, or not at all.
    (features, _), problem = karate()
    alone = csr(np.zeros((34, 34)))
    network = build(spec, problem, 0).train()
    name = "linear1" if isinstance(spec, FNN) else "convolution1"
    layer, outputs = network.get_submodule(name), []
    layer.register_forward_hook(lambda module, given, output: outputs.append(output))
    weight = layer.get_parameter("weight")
    torch.manual_seed(0)
    asked(network, (features, alone))
    (output,) = outputs
    kept = (output != 0).any(1)
    assert 5 < kept.sum() < 29
    close(output[kept], 2 * weight[kept])
    (gradient,) = torch.autograd.grad(output.sum(), weight)
    close(gradient, 2.0 * kept[:, None].expand_as(weight))


def test_a_layer_as_wide_as_the_one_before_is_added_to_it() -> None:
    features, edges = drawn()
    network = made(GCN(hidden=4, depth=3, residual=True), problem_of((features, edges)))
    whole = edges.to_dense() + torch.eye(NODES)
    scale = whole.sum(1).rsqrt()
    around, w = scale[:, None] * whole * scale, network.state_dict()
    h = (around @ features.to_dense() @ w["convolution1.weight"] + w["convolution1.bias"]).relu()
    inside = around @ h @ w["residual1.convolution1.weight"] + w["residual1.convolution1.bias"]
    h = h + inside.relu()
    expected = around @ h @ w["convolution2.weight"] + w["convolution2.bias"]
    close(asked(network, (features, edges)), expected)


@pytest.mark.parametrize("family", ["gcn", "sage", "gat"])
def test_without_equal_widths_nothing_can_be_added(family: str) -> None:
    for depth in (1, 2):
        with pytest.raises(ValidationError, match="a depth of at least 3; the depth is"):
            MODELS[family].model_validate({"residual": True, "depth": depth})
    MODELS[family].model_validate({"residual": True, "depth": 3})


@pytest.mark.parametrize("spec", [s for s in NEIGHBOURS if isinstance(s, GAT)], ids=str)
def test_attention_is_shared_out_among_the_neighbours(spec: GAT) -> None:
    features, edges = drawn()
    network = made(spec, problem_of((features, edges)))
    weights = network.attention(features, edges)
    rows, _ = (edges.to_dense() + torch.eye(NODES)).nonzero().T
    assert weights.shape == (spec.output_heads, len(rows))
    sums = torch.zeros(spec.output_heads, NODES).index_add_(1, rows, weights)
    close(sums, torch.ones_like(sums))
    close(weights[:, -1], torch.ones(spec.output_heads))
    assert not hasattr(made(GCN(), problem_of((features, edges))), "attention")


def test_weights_are_drawn_as_glorot_has_it_and_biases_are_zero() -> None:
    for spec, bounds in (
        (GCN(), {"convolution1.weight": 1433 + 64, "convolution2.weight": 64 + 7}),
        (SAGE(hidden=32), {"mean1.weight": 1433 + 32, "mean1.own": 1433 + 32}),
        # Of each head for itself.
        (GAT(), {"attention1.weight": 1433 + 8, "attention1.asks": 9, "attention1.answers": 9}),
        (FNN(hidden=(64,)), {"linear1.weight": 1433 + 64}),
    ):
        state = build(spec, CORA, 0).state_dict()
        for name, sizes in bounds.items():
            bound = (6 / sizes) ** 0.5
            assert 0.9 * bound < state[name].abs().max() <= bound
        assert all((state[name] == 0).all() for name in state if name.endswith("bias"))


SIZED = [GCN(), SAGE(), GAT(), FNN(hidden=(64,)), FNN(hidden=(64, 64), residual=True)]


@pytest.mark.parametrize("spec", SIZED, ids=str)
def test_a_budget_scales_the_widths(spec: ModelSpec) -> None:
    _, karates = karate()
    for problem in (CORA, karates):
        for budget in (46_500, 92_000):
            fitted = fit_budget(spec.family, spec, problem, budget, 0.04)
            assert abs(fitted.layer_table(problem).parameters - budget) <= 0.04 * budget
            unscaled = {"heads", "depth", "dropout"} & type(spec).model_fields.keys()
            assert all(getattr(fitted, name) == getattr(spec, name) for name in unscaled)
    assert fit_budget("gcn", GCN(hidden=3), CORA, 92_231, 0.0) == GCN()
    with pytest.raises(BudgetError, match="gat cannot have 20,000 parameters: the nearest is 23,1"):
        fit_budget("gat", GAT(), CORA, 20_000, 0.02)
    with pytest.raises(BudgetError, match="gcn cannot have 200 parameters: the nearest is 1,448"):
        fit_budget("gcn", GCN(), CORA, 200, 0.1)


def test_an_option_of_sequences_is_refused() -> None:
    asked = {"model": {"family": "fnn", "embedding": 5}, "data": {"name": "karate"}}
    with pytest.raises(ValidationError, match="embedding is for sequences; karate has graphs"):
        Experiment.model_validate(asked)


def test_a_family_that_takes_no_graphs_names_those_that_do() -> None:
    with pytest.raises(ValidationError, match="those that do: fnn, linear, gcn, sage, gat"):
        Experiment.model_validate({"model": {"family": "cnn"}, "data": {"name": "karate"}})
    with pytest.raises(ValidationError, match="gcn takes graphs, mnist has images"):
        Experiment.model_validate({"model": {"family": "gcn"}})
