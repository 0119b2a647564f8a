"""Sentences made by hand, and encoder-decoders in float64."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from structbench.models import ModelSpec
from structbench.models.build import build
from structbench.models.translator import Translator
from structbench.problem import EMPTY, UNKNOWN, Problem

SMALL = Problem("sequence", (6,), classes=5, vocabulary=7, answer_length=4)
NUMBERS = Problem("sequence", (13,), classes=34, vocabulary=31, answer_length=13)
LENGTHS = (6, 2, 1, 4)


def sentences(
    lengths: Sequence[int] = LENGTHS, problem: Problem = SMALL, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Sources of so many words and what stands before the symbols of their answers."""
    drawn = torch.Generator().manual_seed(seed)
    (places,) = problem.input_shape
    source = torch.randint(UNKNOWN, problem.vocabulary, (len(lengths), places), generator=drawn)
    source[torch.arange(places) >= torch.tensor(lengths)[:, None]] = EMPTY
    shape = (len(lengths), problem.answer_length)
    return source, torch.randint(0, problem.classes, shape, generator=drawn)


def translator(spec: ModelSpec, problem: Problem = SMALL, seed: int = 0) -> Translator:
    """In float64, without dropout."""
    network = build(spec, problem, seed).double().eval()
    assert isinstance(network, Translator)
    return network


def close(found: Tensor, expected: Tensor) -> None:
    """Up to what float64 rounds off."""
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
