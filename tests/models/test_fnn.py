"""Fully connected networks, whose layers may be added to those before."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from structbench.errors import ConfigError
from structbench.experiment.load import load_experiment
from structbench.models.build import build
from structbench.models.counting import observe
from structbench.models.fnn import FNN, SoftmaxRegression
from structbench.problem import Problem

MNIST, SIGNAL = Problem("image", (1, 28, 28), 10), Problem("signal", (1, 40), 10)
PUBLISHED = FNN(hidden=(100, 100), residual=True)


def test_the_published_fully_connected_networks_of_signals() -> None:
    assert SoftmaxRegression().layer_table(SIGNAL).parameters == 410
    table = PUBLISHED.layer_table(SIGNAL)
    assert table.parameters == 15_210
    assert [row.name for row in table.rows] == [
        "flatten1", "linear1", "relu1", "residual1", "linear2",
    ]  # fmt: skip
    added = table.rows[3]
    assert added.text == "Linear 100, ReLU, added to its input"
    assert added.parameters == (10_100, "100·100 + 100")
    assert (added.macs, added.output_shape, added.receptive_field) == (10_000, (100,), None)


def test_a_layer_as_wide_as_the_one_before_is_added_to_it_after_its_relu() -> None:
    network = build(PUBLISHED, SIGNAL, seed=0)
    w = network.state_dict()
    x = torch.randn(5, 1, 40, generator=torch.Generator().manual_seed(0))
    h = torch.relu(x.flatten(1) @ w["linear1.weight"].T + w["linear1.bias"])
    h = h + torch.relu(h @ w["residual1.linear1.weight"].T + w["residual1.linear1.bias"])
    torch.testing.assert_close(network(x), h @ w["linear2.weight"].T + w["linear2.bias"])


def test_only_what_is_as_wide_is_added() -> None:
    spec = FNN(hidden=(8, 8, 8, 4, 8, 8), residual=True, dropout=0.5)
    rows = spec.layer_table(MNIST).rows
    assert [row.name for row in rows if row.parameters.value] == [
        "linear1", "residual1", "residual2", "linear2", "linear3", "residual3", "linear4",
    ]  # fmt: skip
    texts = {row.text for row in rows if row.name.startswith("residual")}
    assert texts == {"Linear 8, ReLU, Dropout 0.5, added to its input"}
    plain = FNN(hidden=spec.hidden).layer_table(MNIST)
    found = spec.layer_table(MNIST)
    assert (found.parameters, found.macs) == (plain.parameters, plain.macs)


def test_dropout_drops_from_what_is_added_and_not_from_the_sum() -> None:
    network = build(FNN(hidden=(64, 64), residual=True, dropout=0.9), SIGNAL, seed=0)
    added = network.get_submodule("residual1").train()
    torch.manual_seed(0)
    h = torch.rand(50, 64) + 1
    assert ((added(h) - h) == 0).float().mean() > 0.9
    assert added(h).min() >= 1


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_what_is_counted_is_what_torch_does(dropout: float) -> None:
    spec = FNN(hidden=(30, 30, 7, 7), residual=True, dropout=dropout)
    table = spec.layer_table(SIGNAL)
    network = build(spec, SIGNAL, seed=0).eval()
    seen = observe(network, (torch.zeros(1, 1, 40),)).table
    assert (seen.parameters, seen.macs) == (table.parameters, table.macs)
    assert sum(p.numel() for p in network.parameters()) == table.parameters


def test_without_equal_widths_nothing_can_be_added() -> None:
    with pytest.raises(ConfigError) as caught:
        load_experiment("fnn", ["model.residual=true"])
    assert str(caught.value).endswith(
        "model: residual: true needs a hidden layer as wide as the one before; the widths are "
        "512, 32"
    )
    for hidden in ((100,), (8, 4, 8)):
        with pytest.raises(ValidationError, match="as wide as the one before"):
            FNN(hidden=hidden, residual=True)


def test_equal_widths_are_added_only_where_that_is_asked() -> None:
    names = [row.name for row in FNN(hidden=(100, 100)).layer_table(SIGNAL).rows]
    assert names == ["flatten1", "linear1", "relu1", "linear2", "relu2", "linear3"]
