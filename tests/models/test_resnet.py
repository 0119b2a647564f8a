"""Plain and residual networks: what they are made of, and that they are what the paper says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu

from structbench.errors import ConfigError
from structbench.experiment.load import load_experiment
from structbench.models.build import build
from structbench.models.layer_table import LayerRow
from structbench.models.layers import Conv, Linear
from structbench.models.resnet import Plain, ResNet
from structbench.problem import Problem

MNIST, CIFAR = Problem("image", (1, 28, 28), 10), Problem("image", (3, 32, 32), 10)
SIGNAL = Problem("signal", (1, 40), 10)


@pytest.mark.parametrize(
    ("depth", "parameters"), [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018)]
)
def test_the_published_sizes(depth: int, parameters: int) -> None:
    # He et al. (2016), table 6, in millions: 0.27, 0.46, 0.66, 0.85.
    for family in (Plain, ResNet):
        table = family(depth=depth).layer_table(CIFAR)
        assert table.parameters == parameters
        with_weights = [r for r in table.opened if isinstance(r.layer, (Conv, Linear))]
        assert len(with_weights) == depth


def test_a_block_is_one_row_that_opens() -> None:
    table = ResNet(depth=8, width=8).layer_table(MNIST)
    assert [row.name for row in table.rows] == [
        "conv2d1", "batchnorm1", "relu1", "block1", "block2", "block3", "globalaverage1", "linear1",
    ]  # fmt: skip
    block = table.rows[4]
    assert block.text == "Block: Conv 16 of 3×3, Conv 16 of 3×3, added to its subsampled input"
    # By hand: 16·8·9 + 2·16, and 16·16·9 + 2·16.
    assert block.parameters.value == 1_184 + 2_336 == sum(r.parameters.value for r in block.opened)
    assert [row.name for row in block.opened][:2] == [
        "block2.residual1.conv2d1", "block2.residual1.batchnorm1",
    ]  # fmt: skip
    # By hand: 3, and +2·1 for each convolution up to the second stage's first, then +2·2.
    assert [row.receptive_field for row in table.rows[3:6]] == [(7, 7), (13, 13), (25, 25)]
    assert [row.receptive_field for row in block.opened if _is_conv(row)] == [(9, 9), (13, 13)]
    names = {
        name.rpartition(".")[0] for name, _ in build(ResNet(depth=8), MNIST, 0).named_parameters()
    }
    assert names == {row.name for row in table.opened if row.parameters.value}


def _is_conv(row: LayerRow) -> bool:
    return isinstance(row.layer, Conv)


class Written(nn.Module):
    """As one writes it from the paper: depth 14, option A. shortcuts: whether there are any"""

    def __init__(self, width: int, shortcuts: bool) -> None:
        super().__init__()
        self.shortcuts = shortcuts
        self.stem, self.norm = _conv(1, width, 2), nn.BatchNorm2d(width)
        layers, before = list[nn.Module](), width
        for stage in range(3):
            for stride in (2 if stage else 1, 1):
                channels = width * 2**stage
                layers += [_conv(before, channels, stride), nn.BatchNorm2d(channels)]
                layers += [_conv(channels, channels, 1), nn.BatchNorm2d(channels)]
                before = channels
        self.blocks, self.head = nn.ModuleList(layers), nn.Linear(before, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.norm(self.stem(x)))
        for i in range(0, len(self.blocks), 4):
            conv1, norm1, conv2, norm2 = self.blocks[i : i + 4]
            made = norm2(conv2(relu(norm1(conv1(x)))))
            if made.shape[1] != x.shape[1]:
                x = pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, made.shape[1] - x.shape[1]))
            x = relu(made + x) if self.shortcuts else relu(made)
        logits: Tensor = self.head(x.flatten(2).mean(2))
        return logits


def _conv(inputs: int, outputs: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)


@pytest.mark.parametrize("family", [Plain, ResNet])
def test_it_is_what_one_writes_from_the_paper(family: type[Plain]) -> None:
    network = build(family(depth=14, width=4, stem_stride=2), MNIST, 0, channels_last=True)
    written = Written(4, shortcuts=family is ResNet)
    state = dict(zip(written.state_dict(), network.state_dict().values(), strict=True))
    written.load_state_dict(state)
    images = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for net in (network, written):  # in training mode: with the statistics of the batch
        net(images).logsumexp(1).sum().backward()
    for ours, theirs in zip(network.parameters(), written.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-4)
    network.eval(), written.eval()
    torch.testing.assert_close(network(images), written(images), rtol=1e-4, atol=1e-5)


def test_it_begins_with_weights_for_relus() -> None:
    network = build(Plain(width=32, normalisation="none"), CIFAR, 0)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 19
    for conv in convolutions[4:]:  # of 32·9 inputs and more
        expected = (2 / (conv.in_channels * 9)) ** 0.5
        assert float(conv.weight.detach().std()) == pytest.approx(expected, rel=0.03)
        assert conv.bias is not None
        assert not conv.bias.any()
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())


def test_squeeze_and_excitation_weighs_maps() -> None:
    spec = ResNet(depth=8, width=32, squeeze=True)
    more = (
        spec.layer_table(CIFAR).parameters - ResNet(depth=8, width=32).layer_table(CIFAR).parameters
    )
    # Hu et al. (2018), reduction 16: two linear layers with biases, of 32, 64 and 128 maps.
    assert more == sum(2 * c * (c // 16) + c // 16 + c for c in (32, 64, 128))
    network = build(spec, CIFAR, 0).eval()
    (block,) = (
        m for name, m in network.named_modules() if name.endswith("block1.residual1.squeezeexcite1")
    )
    x = torch.rand(2, 32, 8, 8)
    scale = block(x) / x
    assert bool(((scale > 0) & (scale < 1)).all())
    # One number for each map of each example.
    torch.testing.assert_close(scale.amax((2, 3)), scale.amin((2, 3)))


def test_signals_have_one_axis() -> None:
    table = ResNet(depth=8, width=4).layer_table(SIGNAL)
    assert [row.output_shape for row in table.rows[3:]] == [
        (4, 40),
        (8, 20),
        (16, 10),
        (16,),
        (10,),
    ]
    logits = build(ResNet(depth=8, width=4), SIGNAL, 0)(torch.rand(3, 1, 40))
    assert logits.shape == (3, 10)


@pytest.mark.parametrize(
    ("depth", "near"), [(2, "8 or 14"), (7, "8 or 14"), (19, "14 or 20"), (21, "20 or 26")]
)
def test_a_depth_that_is_not_of_whole_blocks_is_refused(depth: int, near: str) -> None:
    with pytest.raises(ConfigError, match=rf"model\.depth: should be 6n \+ 2.*e\.g\. {near}$"):
        load_experiment("resnet", [f"model.depth={depth}"])
