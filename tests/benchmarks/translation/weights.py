"""From StructBench's encoder-decoders to plain ones with the same weights, copied by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from structbench.models.attentive import AttentiveRecurrent
from structbench.models.sequence_modules import CrossAttention
from structbench.models.step_modules import FeedForward, Positions, SelfAttention
from structbench.models.step_modules import Recurrent as Cells
from structbench.models.translator import Translator
from tests.benchmarks.translation.networks import Attentive, Recurrent, Transformer


def plain_network(network: nn.Module) -> nn.Module:
    """Of the same mathematics, in the same precision; it shares no weight.

    network: `rnn` of one tanh layer that reads forwards, with one context or additive attention;
        or `transformer` with normalisation before and learned positions
    """
    assert isinstance(network, Translator)
    make = _transformer if _parts(network.decoder, SelfAttention) else _recurrent
    with torch.no_grad():
        made: nn.Module = make(network)
    return made


def _recurrent(network: Translator) -> Any:
    (encoder,), (decoder,) = (
        _parts(part, Cells, AttentiveRecurrent) for part in (network.encoder, network.decoder)
    )
    made = _new(
        Attentive if isinstance(decoder, AttentiveRecurrent) else Recurrent,
        network,
        embedding=network.source_embedding.embedding_dim,
        hidden=encoder.cell.hidden_size,
    )
    _same(made.encoder, encoder.cell)
    if isinstance(made, Recurrent):
        _same(made.decoder, decoder.cell)
        return made
    for name, value in made.cell.named_parameters():
        value.copy_(getattr(decoder.cell, f"{name}_l0"))
    for name in ("asks", "keys", "scores"):
        _same(getattr(made, name), getattr(decoder.additive, name))
    return made


def _transformer(network: Translator) -> Any:
    encoder, decoder = network.encoder, network.decoder
    attention, forward = _parts(encoder, SelfAttention), _parts(encoder, FeedForward)
    positions = [part.positions for each in (encoder, decoder) for part in _parts(each, Positions)]
    made = _new(
        Transformer,
        network,
        places=tuple(len(each) for each in positions),
        heads=attention[0].heads,
        width=attention[0].answers.in_features,
        feed_forward=forward[0].first.out_features,
        depth=len(attention),
        dropout=attention[0].dropout.p,
    )
    made.source_positions.copy_(positions[0])
    made.symbol_positions.copy_(positions[1])
    for layers, theirs in (
        (made.transformer.encoder, encoder),
        (made.transformer.decoder, decoder),
    ):
        kinds = [_parts(theirs, kind) for kind in (SelfAttention, CrossAttention, FeedForward)]
        parts = [each for each in kinds if each]
        for layer, *own in zip(layers.layers, *parts, strict=True):
            _layer(layer, own)
        _same(layers.norm, _parts(theirs, nn.LayerNorm)[0])
    return made


def _layer(layer: Any, parts: list[Any]) -> None:
    """parts: self-attention, in a decoder attention over the source, feed-forward"""
    for i, part in enumerate(parts, 1):
        _same(getattr(layer, f"norm{i}"), part.norm)
    first, *across, forward = parts
    _attention(layer.self_attn, first, first.asks.weight, first.asks.bias)
    for part in across:
        both = (part.asks, part.reads)
        weight, bias = (torch.cat([getattr(m, n) for m in both]) for n in ("weight", "bias"))
        _attention(layer.multihead_attn, part, weight, bias)
    _same(layer.linear1, forward.first)
    _same(layer.linear2, forward.second)


def _attention(own: nn.MultiheadAttention, theirs: Any, weight: Tensor, bias: Tensor) -> None:
    """weight, bias: of queries, keys and values"""
    own.in_proj_weight.copy_(weight)
    own.in_proj_bias.copy_(bias)
    _same(own.out_proj, theirs.answers)


def _new(kind: type[nn.Module], network: Translator, **sizes: Any) -> Any:
    """A plain network with the embeddings and the last layer of another."""
    source: Any = network.source_embedding
    symbols, *_, logits = network.decoder.values()
    made: Any = kind(source.num_embeddings, logits.out_features, **sizes).to(source.weight)
    _same(made.source_embedding, source)
    _same(made.symbol_embedding, symbols)
    _same(made.logits, logits)
    return made


def _same(own: nn.Module, theirs: nn.Module) -> None:
    own.load_state_dict(theirs.state_dict())


def _parts(modules: nn.ModuleDict, *kinds: type[nn.Module]) -> list[Any]:
    return [module for module in modules.values() if isinstance(module, kinds)]
