"""What is seen inside a network of sequences, against what one would write down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.data.examples import PADDING, UNANSWERABLE
from structbench.inside import ALIGNED, SMALLEST, in_sequences, reach, spread
from structbench.problem import EMPTY
from tests import kinds
from tests.test_decoding import PROBLEM, examples
from tests.test_layer_gradients import seen


class Mixing(kinds.Reading):
    """Reads all words, the later ones the more strongly, and attends evenly."""

    def read(self, source: Tensor) -> Tensor:
        words = self.source_embedding(source) * (source != EMPTY)[..., None]
        strength = torch.arange(1.0, source.shape[1] + 1)[:, None]
        return torch.cat([(words * strength).sum(1), torch.ones(len(source), 1)], dim=1)

    def attention(self, source: Tensor, previous: Tensor) -> Tensor:
        return torch.full((len(source), 2, previous.shape[1], source.shape[1]), 0.5)


def mixing(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return Mixing(PROBLEM)


def test_sentences_of_all_lengths_are_chosen() -> None:
    some = examples()
    some.labels[np.arange(0, 100, 3), 0] = UNANSWERABLE
    place = spread(some)
    assert len(set(place.tolist())) == ALIGNED
    assert (some.labels[place, 0] != UNANSWERABLE).all()
    lengths = (some.inputs[0][place] != EMPTY).sum(1)
    assert lengths.tolist() == sorted(lengths)
    assert set(lengths.tolist()) == {3, 4, 5, 6}
    assert len(spread(some.take(np.arange(4)))) == 2


def test_the_attention_is_that_of_the_networks_own_answers() -> None:
    some = examples()
    predicted = np.full((100, 3), PADDING)
    predicted[:, 0] = np.arange(100) % 4
    predicted[1::2, 1] = 0
    found = in_sequences(mixing(1), seen(mixing(0), some, predicted))
    place, weights = found["aligned"], found["alignments"]
    assert weights.shape == (ALIGNED, 2, 3, 6)
    assert weights.dtype == np.float32
    said = predicted[place] != PADDING
    there = said[:, None, :, None] & (some.inputs[0][place] != EMPTY)[:, None, None]
    assert (weights == np.where(there, 0.5, 0)).all()


def test_the_gradient_is_followed_back_to_each_word() -> None:
    some, asked = examples(30), mixing(1)
    norms: dict[int, list[float]] = {}
    for source, label in zip(some.inputs[0], some.labels[:, 0], strict=True):
        words = torch.from_numpy(source[source != EMPTY])[None]
        held: list[Tensor] = []
        hook = asked.source_embedding.register_forward_hook(  # type: ignore[union-attr]
            lambda part, given, out, held=held: held.append(out) or out.retain_grad()
        )
        given = asked(words, torch.zeros(1, 1, dtype=torch.int64))[0]
        cross_entropy(given, torch.tensor([label])).backward()
        hook.remove()
        for d, norm in enumerate(held[0].grad[0].norm(dim=1).flip(0).tolist()):  # type: ignore[index]
            norms.setdefault(d, []).append(norm)
    reached = reach(asked, some)
    assert reached is not None
    expected = [np.exp(np.mean(np.log(norms[d]))) for d in range(6)]
    assert reached[0] == pytest.approx(expected, rel=1e-4)
    assert reached[1].tolist() == [len(norms[d]) for d in range(6)]
    assert reached[0].dtype == np.float32


def test_no_gradient_at_all_is_the_smallest_number() -> None:
    torch.manual_seed(0)
    source = np.array([[3, 4, 5, 3, 4, 5]] * 4)
    reached = reach(kinds.Reading(PROBLEM), kinds.echoes(source))
    assert reached is not None
    assert reached[0][:5] == pytest.approx(SMALLEST, abs=1e-44)  # it reads the first word alone
    assert reached[0][5] > 0.01


def test_a_network_without_the_parts_shows_none() -> None:
    torch.manual_seed(0)
    plain: Any = kinds.AtOnce(PROBLEM)
    plain.embedding = plain.source_embedding
    plain.read = lambda source: torch.cat(
        [plain.embedding(source)[:, 0], torch.ones(len(source), 1)], dim=1
    )
    del plain.source_embedding
    found = in_sequences(plain, seen(plain, examples(), np.zeros((100, 3), np.int64)))
    assert list(found) == ["aligned"]
    twice = mixing(0)
    twice.register_forward_pre_hook(lambda part, given: (part.source_embedding(given[0]), None)[1])
    assert reach(twice, examples()) is None
