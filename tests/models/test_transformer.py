"""Transformers: torch's arithmetic, counted and worked out."""

from __future__ import annotations

import math
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from structbench.models.budget import fit_budget
from structbench.models.step_layers import FeedForward, SelfAttention
from structbench.models.step_modules import sinusoids, step_module
from structbench.models.transformer import Transformer
from structbench.problem import EMPTY, Problem
from tests.models.sequences import NUMBERS, close, sentences, translator
from tests.models.steps import MNIST, MNIST1D, PROBLEMS, counted, worked_out

SMALL = Transformer(heads=2, head_width=3, depth=2, feed_forward=7)


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_arithmetic_is_worked_out() -> None:
    table = Transformer(heads=2, head_width=4, depth=1, feed_forward=12).layer_table(MNIST)
    found = {row.name: row.parameters.formula for row in table.rows}
    assert {name: formula for name, formula in found.items() if formula} == {
        "embedding1": "28·8 + 8",
        "positions1": "28·8",
        "selfattention1": "4·(8·8 + 8) + 2·8",
        "feedforward1": "8·12 + 12 + 12·8 + 8 + 2·8",
        "layernorm1": "2·8",
        "linear1": "8·10 + 10",
    }
    macs = {row.name: row.macs for row in table.rows}
    assert macs["selfattention1"] == 28 * 4 * 8**2 + 2 * 28**2 * 8
    assert macs["feedforward1"] == 2 * 28 * 8 * 12
    assert table.parameters == 28 * 8 + 8 + 28 * 8 + 304 + 228 + 16 + 90


def test_sinusoidal_positions_are_not_trained() -> None:
    learned = Transformer().layer_table(MNIST1D).parameters
    assert Transformer(positions="sinusoidal").layer_table(MNIST1D).parameters == learned - 40 * 64


@settings(max_examples=40)
@given(
    spec=st.builds(
        Transformer,
        heads=st.integers(1, 3),
        head_width=st.integers(1, 5),
        depth=st.integers(1, 2),
        feed_forward=st.integers(1, 9),
        dropout=st.sampled_from([0.0, 0.5]),
        positions=st.sampled_from(["learned", "sinusoidal"]),
        states=st.sampled_from(["mean", "all"]),
        normalisation=st.sampled_from(["before", "after"]),
    ),
    problem=st.sampled_from(PROBLEMS),
    training=st.booleans(),
)
def test_each_layer_counts_what_it_does(
    spec: Transformer, problem: Problem, training: bool
) -> None:
    assert counted(spec, problem, training) == worked_out(spec, problem)


def test_a_step_of_an_image_is_a_whole_row() -> None:
    steps, embedded, *_ = SMALL.layer_table(MNIST).rows
    assert (steps.receptive_field, embedded.receptive_field) == ((1, 1), (1, 28))


def test_after_attention_everything_is_seen() -> None:
    sees = {row.name: row.receptive_field for row in SMALL.layer_table(MNIST1D).rows}
    assert sees["positions1"] is not None
    names = list(sees)
    assert {sees[name] for name in names[names.index("selfattention1") :]} == {None}


def encoder_layers(before: bool) -> tuple[nn.Module, nn.Module]:
    """Ours and torch's with the same weights, of width 6 with 2 heads; in evaluation."""
    parts = (SelfAttention(2, 0.1, before), FeedForward(7, 0.1, before))
    ours = nn.Sequential(*(step_module(part, (9, 6)) for part in parts))
    theirs = nn.TransformerEncoderLayer(6, 2, 7, dropout=0.1, batch_first=True, norm_first=before)
    order = ["0.asks", "0.answers", "1.first", "1.second", "0.norm", "1.norm"]
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(0.3 * drawn(*parameter.shape))
    own = ours.state_dict()
    weights = [own[f"{name}.{kind}"] for name in order for kind in ("weight", "bias")]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), weights, strict=True)))
    return ours.eval(), theirs.eval()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_an_encoder_layer_is_that_of_torch(before: bool) -> None:
    ours, theirs = encoder_layers(before)
    x = drawn(4, 9, 6)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    for layer in (ours, theirs):
        layer(x).square().sum().backward()
    pairs = [("0.asks.weight", "self_attn.in_proj_weight"), ("1.norm.bias", "norm2.bias")]
    for own, other in pairs:
        found = ours.get_parameter(own).grad, theirs.get_parameter(other).grad
        torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)


def test_dropout_is_of_what_is_added() -> None:
    for part in (SelfAttention(2, 0.999), FeedForward(7, 0.999)):
        module, x = step_module(part, (9, 6)), drawn(1, 9, 6)
        torch.manual_seed(0)
        assert (module(x) == x).float().mean() > 0.9
        assert not torch.equal(module.eval()(x), x)


def test_without_positions_the_order_of_steps_is_no_matter() -> None:
    network = SMALL.network(MNIST1D).eval()
    x, order = drawn(4, 1, 40), torch.randperm(40, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(network(x), network(x[:, :, order]), atol=1e-4)
    torch.nn.init.zeros_(network.get_parameter("positions1.positions"))
    torch.testing.assert_close(network(x), network(x[:, :, order]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("width", [6, 5])
def test_sinusoidal_positions_are_those_of_the_paper(width: int) -> None:
    found = sinusoids(40, width)
    for t, j in ((0, 0), (0, 1), (1, 0), (7, 2), (39, 3), (39, 4)):
        wave = math.cos if j % 2 else math.sin
        expected = wave(t / 10_000 ** (2 * (j // 2) / width))
        assert found[t, j].item() == pytest.approx(expected, abs=1e-6)


def test_learned_positions_begin_near_zero() -> None:
    torch.manual_seed(0)
    positions = Transformer().network(MNIST).get_parameter("positions1.positions")
    assert positions.std().item() == pytest.approx(0.02, rel=0.1)
    assert positions.mean().item() == pytest.approx(0, abs=0.002)


def test_learned_positions_of_symbols_begin_as_wide_as_the_symbols() -> None:
    network = Transformer(head_width=64).network(NUMBERS)
    for name in ("encoder.positions1.positions", "source_embedding.weight"):
        assert network.get_parameter(name).std().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_what_is_kept_makes_the_same_network_again(
    positions: Literal["learned", "sinusoidal"],
) -> None:
    spec = SMALL.model_copy(update={"positions": positions})
    one, other = (spec.network(MNIST1D).eval() for _ in range(2))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(x := drawn(4, 1, 40)), other(x))
    assert ("positions1.positions" in one.state_dict()) == (positions == "learned")


def test_it_runs_in_bfloat16_too() -> None:
    network, x = SMALL.network(MNIST1D).eval(), drawn(4, 1, 40)
    with torch.autocast("cpu", torch.bfloat16):
        answers = network(x)
    answers.float().logsumexp(1).sum().backward()
    torch.testing.assert_close(answers.float(), network(x), rtol=0.05, atol=0.05)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@settings(max_examples=20)
@given(budget=st.integers(10_000, 500_000))
def test_a_budget_leaves_the_heads_as_they_are(budget: int) -> None:
    fitted = fit_budget("transformer", Transformer(), MNIST, budget, 0.02)
    assert isinstance(fitted, Transformer)
    assert fitted.heads == 4
    assert abs(fitted.layer_table(MNIST).parameters - budget) <= 0.02 * budget


# Ours → torch's, below a layer; of attention over the source the queries stand apart from the rest.
NAMES = {
    "asks.": "self_attn.in_proj_",
    "answers.": "self_attn.out_proj.",
    "first.": "linear1.",
    "second.": "linear2.",
}


def theirs_of(ours: dict[str, torch.Tensor], stack: str, depth: int) -> dict[str, torch.Tensor]:
    """The weights of one of our stacks under torch's names."""
    made = {}
    for i in range(depth):
        parts = ("selfattention", "crossattention", "feedforward")
        held = [p for p in parts if f"{stack}.{p}{i + 1}.norm.weight" in ours]
        for j, part in enumerate(held):
            own = {
                key.removeprefix(f"{stack}.{part}{i + 1}."): value
                for key, value in ours.items()
                if key.startswith(f"{stack}.{part}{i + 1}.")
            }
            if part == "crossattention":
                for kind in ("weight", "bias"):
                    own[f"asks.{kind}"] = torch.cat([own[f"asks.{kind}"], own.pop(f"reads.{kind}")])
            for key, value in own.items():
                name = key.replace("norm.", f"norm{j + 1}.")
                for before, after in NAMES.items():
                    name = name.replace(before, after)
                if part == "crossattention":
                    name = name.replace("self_attn", "multihead_attn")
                made[f"{stack}.layers.{i}.{name}"] = value
    for kind in ("weight", "bias"):
        if f"{stack}.layernorm1.{kind}" in ours:
            made[f"{stack}.norm.{kind}"] = ours[f"{stack}.layernorm1.{kind}"]
    return made


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("normalisation", ["before", "after"])
def test_it_is_torchs_encoder_and_decoder(normalisation: Literal["before", "after"]) -> None:
    spec = SMALL.model_copy(update={"normalisation": normalisation, "dropout": 0.0})
    network, before = translator(spec), normalisation == "before"
    theirs = nn.Transformer(
        6, 2, 2, 2, 7, dropout=0.0, batch_first=True, norm_first=before
    ).double()
    if not before:
        theirs.encoder.norm = theirs.decoder.norm = None
    ours = network.state_dict()
    theirs.load_state_dict({**theirs_of(ours, "encoder", 2), **theirs_of(ours, "decoder", 2)})
    source, previous = sentences()
    later = torch.ones(4, 4, dtype=torch.bool).triu(1)
    read = theirs(
        network.encoder["positions1"](network.source_embedding(source)),
        network.decoder["positions1"](network.decoder["symbols1"](previous)),
        tgt_mask=later,
        src_key_padding_mask=source == EMPTY,
        memory_key_padding_mask=source == EMPTY,
    )
    expected, found = network.decoder["linear1"](read), network(source, previous)
    close(found, expected)
    tables = ("source_embedding.weight", "decoder.symbols1.weight")
    embedded = [network.get_parameter(table) for table in tables]
    gradients = [
        torch.autograd.grad(logits.square().sum(), embedded) for logits in (found, expected)
    ]
    for own, other in zip(*gradients, strict=True):
        close(own, other)


def test_its_attention_is_that_of_the_last_layer_of_its_decoder() -> None:
    network = translator(SMALL.model_copy(update={"dropout": 0.0}))
    source, previous = sentences()
    found: torch.Tensor = network.attention(source, previous)  # type: ignore[operator]
    kept: list[torch.Tensor] = []
    for part in ("asks", "reads"):
        asked = network.get_submodule(f"decoder.crossattention2.{part}")
        asked.register_forward_hook(lambda module, inputs, output: kept.append(output))
    network(source, previous)
    both, queries = sorted(kept, key=lambda given: -given.shape[2])
    for head in range(2):
        taken = slice(3 * head, 3 * head + 3)
        scores = queries[..., taken] @ both[..., taken].transpose(1, 2) / math.sqrt(3)
        weights = scores.masked_fill((source == EMPTY)[:, None], -math.inf).softmax(2)
        close(found[:, head], weights)
