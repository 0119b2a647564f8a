"""Encoder-decoders as one writes them with torch alone: (source, previous) → logits at all places.

source, previous: int64 [n, places], where a source ends in EMPTY, which is masked
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from structbench.problem import EMPTY


class Recurrent(nn.Module):
    """Tanh states; the decoder has the encoder's last one beside each symbol.

    All inputs of the decoder are known beforehand, so both are torch's own layer.
    """

    def __init__(self, words: int, symbols: int, embedding: int, hidden: int) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(words, embedding)
        self.symbol_embedding = nn.Embedding(symbols, embedding)
        self.encoder = nn.RNN(embedding, hidden, batch_first=True)
        self.decoder = nn.RNN(embedding + hidden, hidden, batch_first=True)
        self.logits = nn.Linear(hidden, symbols)

    def forward(self, source: Tensor, previous: Tensor) -> Tensor:
        states, _ = self.encoder(self.source_embedding(source))
        last = (source != EMPTY).sum(1) - 1
        context = states[torch.arange(len(source)), last]
        contexts = context[:, None].expand(-1, previous.shape[1], -1)
        states, _ = self.decoder(torch.cat([self.symbol_embedding(previous), contexts], 2))
        return self.logits(states)  # type: ignore[no-any-return]


class Attentive(nn.Module):
    """Tanh states; at each step the decoder looks over those of the encoder (Bahdanau, 2015)."""

    def __init__(self, words: int, symbols: int, embedding: int, hidden: int) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(words, embedding)
        self.symbol_embedding = nn.Embedding(symbols, embedding)
        self.encoder = nn.RNN(embedding, hidden, batch_first=True)
        self.asks, self.keys = (nn.Linear(hidden, hidden, bias=False) for _ in range(2))
        self.scores = nn.Linear(hidden, 1, bias=False)
        self.cell = nn.RNNCell(embedding + hidden, hidden)
        self.logits = nn.Linear(hidden, symbols)

    def forward(self, source: Tensor, previous: Tensor) -> Tensor:
        states, _ = self.encoder(self.source_embedding(source))
        empty = _empty(source)
        keys = self.keys(states)  # once, not at each step
        state, found = torch.zeros_like(states[:, 0]), []
        for symbol in self.symbol_embedding(previous).unbind(1):
            scores = self.scores((self.asks(state)[:, None] + keys).tanh()).squeeze(2)
            if empty is not None:
                scores = scores.masked_fill(empty, -torch.inf)
            context = torch.bmm(scores.softmax(1)[:, None], states).squeeze(1)
            state = self.cell(torch.cat([symbol, context], 1), state)
            found.append(state)
        return self.logits(torch.stack(found, 1))  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """Torch's own, normalised before each part, with learned positions.

    dropout: of what is embedded and of what each part adds, nowhere else
    """

    def __init__(
        self,
        words: int,
        symbols: int,
        places: tuple[int, int],
        heads: int,
        width: int,
        feed_forward: int,
        depth: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(words, width)
        self.symbol_embedding = nn.Embedding(symbols, width)
        self.source_positions, self.symbol_positions = (
            nn.Parameter(torch.zeros(each, width)) for each in places
        )
        self.dropout = nn.Dropout(dropout)
        self.transformer = _transformer(heads, width, feed_forward, depth, dropout)
        self.logits = nn.Linear(width, symbols)

    def forward(self, source: Tensor, previous: Tensor) -> Tensor:
        places, symbols = source.shape[1], previous.shape[1]
        empty = _empty(source)
        states = self.transformer(
            self.dropout(self.source_embedding(source) + self.source_positions[:places]),
            self.dropout(self.symbol_embedding(previous) + self.symbol_positions[:symbols]),
            tgt_mask=torch.ones(symbols, symbols, dtype=torch.bool).triu(1),
            src_key_padding_mask=empty,
            memory_key_padding_mask=empty,
            tgt_is_causal=True,
        )
        return self.logits(states)  # type: ignore[no-any-return]


def _empty(source: Tensor) -> Tensor | None:
    """bool [n, places]; None where no place is empty: then nothing has to be masked."""
    empty = source == EMPTY
    return empty if empty.any() else None


def _transformer(
    heads: int, width: int, feed_forward: int, depth: int, dropout: float
) -> nn.Transformer:
    kept: dict[str, Any] = {"batch_first": True, "norm_first": True}
    # Its own encoder would want nested tensors, which norm_first rules out, and warn of that.
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(width, heads, feed_forward, dropout, **kept),
        depth,
        nn.LayerNorm(width),
        enable_nested_tensor=False,
    )
    made = nn.Transformer(
        width, heads, depth, depth, feed_forward, dropout, custom_encoder=encoder, **kept
    )
    for module in made.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0  # of the weights of attention
        if isinstance(module, nn.TransformerEncoderLayer | nn.TransformerDecoderLayer):
            module.dropout.p = 0.0  # within the feed-forward part
    return made
