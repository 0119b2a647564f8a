from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from structbench.errors import ConfigError
from structbench.models import MODELS
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN
from structbench.models.layer_table import follow
from structbench.models.layers import Conv, Flatten, Linear, MaxPool, ReLU
from structbench.models.modules import sequential
from structbench.models.residual_layers import Residual
from structbench.problem import Problem

MNIST, CIFAR = Problem("image", (1, 28, 28), 10), Problem("image", (3, 32, 32), 10)


def test_the_lectures_networks_by_structure_and_total() -> None:
    cnn = CNN().layer_table(MNIST)
    assert [row.parameters.value for row in cnn.rows if row.parameters.value] == [
        320, 18_496, 401_536, 1_290,
    ]  # fmt: skip
    assert cnn.parameters == 421_642
    assert [row.output_shape for row in cnn.rows if row.name.startswith(("conv", "maxpool"))] == [
        (32, 28, 28), (32, 14, 14), (64, 14, 14), (64, 7, 7),
    ]  # fmt: skip
    fnn = FNN().layer_table(MNIST)
    assert [row.parameters.value for row in fnn.rows if row.parameters.value] == [
        401_920, 16_416, 330,
    ]  # fmt: skip
    assert fnn.parameters == 418_666


def test_totals_of_the_other_families() -> None:
    assert MODELS["linear"]().layer_table(MNIST).parameters == 7_850
    # 61,706: LeNet-5 with full connections in C3, as it is usually built.
    assert MODELS["lenet5"]().layer_table(MNIST).parameters == 61_706
    assert CNN().layer_table(CIFAR).rows[-1].output_shape == (10,)


def test_the_arithmetic_is_worked_out() -> None:
    first = CNN().layer_table(MNIST).rows[0]
    assert isinstance(first.layer, Conv)
    assert first.layer.side(28) == (28, "(28 + 2·1 − 3)/1 + 1")
    assert first.parameters == (320, "32·(1·3·3) + 32")
    assert first.macs == 32 * 28 * 28 * 9
    assert MaxPool(kernel_size=2, stride=2).side(7) == (3, "⌊(7 + 2·0 − 2)/2⌋ + 1")


def test_the_lectures_worked_convolution() -> None:
    image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    kernel = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    expected = [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    # z[i, j] = Σ_u Σ_v w[u, v] · x[i + u, j + v] + b, with b = 0
    assert expected == [
        [sum(kernel[u][v] * image[i + u][j + v] for u in range(3) for v in range(3))
         for j in range(3)]
        for i in range(3)
    ]  # fmt: skip
    table = follow([Conv(1, kernel_size=3)], (1, 5, 5))
    assert table.rows[0].output_shape == (1, 3, 3)
    assert Conv(1, kernel_size=3).side(5) == (3, "(5 + 2·0 − 3)/1 + 1")
    # One product for each of the 9 places of the filter, at each of 9 positions.
    assert (table.parameters, table.macs) == (9 + 1, 9 * 9)
    network = sequential(table)
    network.load_state_dict(
        {"conv2d1.weight": torch.tensor([[kernel]]), "conv2d1.bias": torch.zeros(1)}
    )
    assert network(torch.tensor([[image]], dtype=torch.float32)).tolist() == [[expected]]


def test_windows_slide_over_however_many_axes_there_are() -> None:
    (conv, pool) = follow(
        [Conv(4, kernel_size=3, padding=1), MaxPool(kernel_size=2, stride=2)], (2, 9)
    ).rows
    assert (conv.output_shape, pool.output_shape) == ((4, 9), (4, 4))
    assert conv.parameters == (4 * 2 * 3 + 4, "4·(2·3) + 4")
    assert conv.macs == 4 * 9 * 2 * 3
    assert (conv.name, conv.text, pool.name, pool.text) == (
        "conv1d1", "Conv 4 of 3", "maxpool1d1", "MaxPool 2",
    )  # fmt: skip
    assert (conv.receptive_field, pool.receptive_field) == ((3,), (4,))


def test_what_is_added_to_its_input_is_one_layer() -> None:
    inside = (Conv(2, kernel_size=3, padding=1), ReLU(), Conv(2, kernel_size=3, padding=1))
    first, added = follow([Conv(2, kernel_size=5), Residual(inside)], (1, 12)).rows
    assert (first.output_shape, added.output_shape) == ((2, 8), (2, 8))
    assert added.parameters == (28, "2·(2·3) + 2 + 2·(2·3) + 2")
    assert added.macs == 2 * (2 * 8 * 2 * 3)
    # By hand: 5, +2, +2.
    assert added.receptive_field == (9,)
    assert added.text == "Conv 2 of 3, ReLU, Conv 2 of 3, added to its input"
    with pytest.raises(ConfigError, match="layer residual1: 3 cannot be added to an input of 4"):
        follow([Flatten(), Residual((Linear(3),))], (4,))


def test_receptive_fields_of_the_lectures_cnn() -> None:
    fields = {row.name: row.receptive_field for row in CNN().layer_table(MNIST).rows}
    # By hand: 3; +1·1 = 4; +2·2 = 8; +1·2 = 10; a linear layer sees everything.
    assert [fields[n] for n in ("conv2d1", "maxpool2d1", "conv2d2", "maxpool2d2")] == [
        (3, 3), (4, 4), (8, 8), (10, 10),
    ]  # fmt: skip
    assert fields["linear1"] is None


@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
)
def test_output_sizes_are_those_of_torch(size: int, kernel: int, stride: int, padding: int) -> None:
    layer = Conv(2, kernel_size=kernel, stride=stride, padding=padding)
    reference = nn.Conv2d(1, 2, kernel, stride, padding)
    if size + 2 * padding < kernel:
        with pytest.raises(ConfigError, match="feature map"):
            follow([layer], (1, size, size))
        return
    expected = reference(torch.zeros(1, 1, size, size)).shape[1:]
    assert follow([layer], (1, size, size)).rows[0].output_shape == tuple(expected)


def test_a_geometry_that_does_not_fit_names_the_layer_and_the_formula() -> None:
    # 28 − 12 = 16, pooled 8: the second convolution's 13×13 window does not fit.
    with pytest.raises(ConfigError) as caught:
        CNN(channels=(4, 4), kernel_size=13, padding=0).layer_table(MNIST)
    assert "layer conv2d2" in str(caught.value)
    assert "(8 + 2·0 − 13)/1 + 1 = -4" in str(caught.value)
