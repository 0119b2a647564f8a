"""The convolutional network: its options, on one axis and on two."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from structbench.errors import ConfigError
from structbench.experiment.comparison import load_comparison
from structbench.experiment.load import load_experiment
from structbench.experiment.sweep import load_sweep, sweep_points
from structbench.models.build import build
from structbench.models.cnn import CNN
from structbench.models.counting import observe
from structbench.problem import Problem

MNIST, SIGNAL = Problem("image", (1, 28, 28), 10), Problem("signal", (1, 40), 10)
# Three convolutions and one linear layer, no pooling: the CNN that MNIST-1D was published with.
PUBLISHED = CNN(
    channels=(25, 25, 25), kernel_size=(5, 3, 3), stride=2, pooling="none", hidden=None, dropout=0.0
)


def test_the_published_cnn_of_signals() -> None:
    table = PUBLISHED.layer_table(SIGNAL)
    assert table.parameters == 5_210
    assert [row.name for row in table.rows] == [
        "conv1d1", "relu1", "conv1d2", "relu2", "conv1d3", "relu3", "flatten1", "linear1",
    ]  # fmt: skip
    assert [row.output_shape for row in table.rows[::2]] == [(25, 19), (25, 10), (25, 5), (125,)]
    # By hand: 5; +2·2 = 9; +2·4 = 17; a linear layer sees everything.
    assert [row.receptive_field for row in table.rows[::2]] == [(5,), (9,), (17,), (17,)]
    assert table.rows[-1].receptive_field is None
    assert table.rows[0].text == "Conv 25 of 5"
    assert table.rows[2].parameters == (1_900, "25·(25·3) + 25")


def test_it_is_what_its_config_says() -> None:
    text = (
        "{family: cnn, channels: [25, 25, 25], kernel_size: [5, 3, 3], stride: 2, padding: 1, "
        "pooling: none, hidden: null, dropout: 0}"
    )
    assert load_experiment("cnn", [f"model={text}"]).model == PUBLISHED


def test_the_lectures_cnn_takes_signals() -> None:
    table = CNN().layer_table(SIGNAL)
    assert [row.output_shape for row in table.rows if row.name.startswith("maxpool1d")] == [
        (32, 20), (64, 10),
    ]  # fmt: skip
    assert [row.receptive_field for row in table.rows if "pool" in row.name] == [(4,), (10,)]
    assert [row.text for row in table.rows[:3]] == ["Conv 32 of 3", "ReLU", "MaxPool 2"]


SIZES = st.integers(1, 5)


@st.composite
def networks(draw: st.DrawFn) -> tuple[CNN, Problem]:
    """A network, and data of one axis or two, of odd sizes; it may not fit."""
    convolutions = draw(st.integers(1, 3))

    def each(sizes: st.SearchStrategy[int]) -> Any:
        several = st.lists(sizes, min_size=convolutions, max_size=convolutions)
        return draw(sizes | several)

    sides = draw(st.lists(st.integers(1, 24), min_size=1, max_size=2))
    spec = CNN(
        channels=draw(st.lists(SIZES, min_size=convolutions, max_size=convolutions)),  # type: ignore[arg-type]
        kernel_size=each(SIZES),
        stride=each(st.integers(1, 3)),
        padding=each(st.integers(0, 3)),
        pooling=draw(st.sampled_from(["max", "avg", "none"])),
        hidden=draw(st.none() | SIZES),
        dropout=draw(st.sampled_from([0.0, 0.3])),
    )
    shape = (draw(st.integers(1, 3)), *sides)
    return spec, Problem("signal" if len(sides) == 1 else "image", shape, 4)


@given(asked=networks())
def test_what_is_counted_is_what_torch_does(asked: tuple[CNN, Problem]) -> None:
    spec, problem = asked
    try:
        table = spec.layer_table(problem)
    except ConfigError:  # it does not fit, as torch would say
        return
    network = build(spec, problem, seed=0).eval()
    seen = observe(network, (torch.zeros(1, *problem.input_shape),))
    assert seen.output.shape == (1, 4)
    assert (seen.table.parameters, seen.table.macs) == (table.parameters, table.macs)
    shapes = {row.name: row.output_shape for row in seen.rows}
    for row in table.rows:
        if row.parameters.value:
            assert shapes[row.name] == row.output_shape


@pytest.mark.parametrize("option", ["kernel_size", "stride", "padding"])
def test_a_size_is_one_number_or_one_for_each_convolution(option: str) -> None:
    one, same, other = (CNN.model_validate({option: size}) for size in (2, [2, 2], [2, 1]))
    # The same network is the same model, so that its runs have the same names.
    assert one == same
    assert getattr(other, option) == (2, 1)
    again = CNN.model_validate_json(other.model_dump_json())
    assert again == other


def test_a_kernel_for_each_convolution_is_that_convolutions() -> None:
    rows = CNN(kernel_size=(5, 3), padding=(2, 1), stride=(1, 2)).layer_table(MNIST).rows
    assert [row.text for row in rows if "conv" in row.name] == ["Conv 32 of 5×5", "Conv 64 of 3×3"]
    assert [row.output_shape for row in rows if "conv" in row.name] == [(32, 28, 28), (64, 7, 7)]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "model.kernel_size=[5, 3, 3]",
            "model.kernel_size: should be a number, or one for each of the 2 convolutions that "
            "`channels` asks for; has 3",
        ),
        ("model.stride=[]", "model.stride: should be a number, or one for each of the 2"),
        ("model.stride=[1, 0]", "model.stride.1: should be greater than or equal to 1, not 0"),
        ("model.padding=-1", "model.padding: should be greater than or equal to 0, not -1"),
        ("model.padding=wide", "model.padding: should be a valid integer, not 'wide'"),
        ("model.pooling=mean", "unknown value 'mean'"),
        (
            "model={family: cnn, channels: [0], kernel_size: [3, 3]}",
            "model.channels.0: should be greater than or equal to 1, not 0",
        ),
        (
            "model.kernel_size=[3, 40]",
            "layer conv2d2: Conv 64 of 40×40 does not fit on an input of 32×14×14: ",
        ),
    ],
)
def test_a_size_that_cannot_be_is_one_line(override: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_experiment("cnn", [override])
    (line,) = str(caught.value).splitlines()
    assert told in line


def test_a_kernel_wider_than_the_signal_is_refused_with_its_arithmetic() -> None:
    with pytest.raises(ConfigError) as caught:
        CNN(kernel_size=50).layer_table(SIGNAL)
    assert str(caught.value) == (
        "layer conv1d1: Conv 32 of 50 does not fit on an input of 1×40: its feature map would have "
        "the size (40 + 2·1 − 50)/1 + 1 = -7"
    )


def test_without_a_hidden_layer_the_last_maps_are_dropped_from() -> None:
    def names(spec: CNN) -> list[str]:
        return [row.name for row in spec.layer_table(SIGNAL).rows][-3:]

    assert names(CNN(hidden=None)) == ["flatten1", "dropout1", "linear1"]
    assert names(CNN(hidden=None, dropout=0.0)) == ["maxpool1d2", "flatten1", "linear1"]
    assert names(CNN(hidden=8)) == ["relu3", "dropout1", "linear2"]


def test_sizes_and_the_hidden_layer_are_set_from_the_command_line_and_swept() -> None:
    spec = load_comparison(
        ["cnn", "fnn"], ["models.cnn.kernel_size=[5, 3]", "models.cnn.hidden=null"]
    )
    model = spec.models["cnn"]
    assert isinstance(model, CNN)
    assert (model.kernel_size, model.hidden) == ((5, 3), None)
    axes = "axes={models.cnn.kernel_size: [3, [5, 3]], models.cnn.hidden: [null, 8]}"
    points = sweep_points(load_sweep("sweeps/sample_size", [axes]))
    assert [point.title for point in points] == [
        "models.cnn.kernel_size 3, models.cnn.hidden null",
        "models.cnn.kernel_size 3, models.cnn.hidden 8",
        "models.cnn.kernel_size [5, 3], models.cnn.hidden null",
        "models.cnn.kernel_size [5, 3], models.cnn.hidden 8",
    ]
    with pytest.raises(ConfigError, match=r"models.cnn.kernel_size: .* each of the 3"):
        load_comparison(
            ["cnn", "fnn"], ["models.cnn.channels=[4, 4, 4]", "models.cnn.kernel_size=[5, 3]"]
        )
