"""Answers symbol by symbol: greedy, the same in each way of asking, in the examples' order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from structbench.data.examples import PADDING
from structbench.decoding import decode, decoded, forced
from structbench.evaluation import asked_again, logits, unsteady
from structbench.outcome import NO_NUMBER
from structbench.problem import EMPTY, END, Problem
from structbench.training import loop
from tests import kinds

TOYS = kinds.Sequences(name="echo")
PROBLEM = Problem("sequence", (6,), kinds.CLASSES, vocabulary=6, answer_length=3)


def network(how: Any, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return kinds.Reader(how=how).network(PROBLEM).eval()


def examples(count: int = 100) -> kinds.Toys:
    rng = np.random.default_rng(0)
    return TOYS.toys(rng.integers(0, 3, 100), rng).take(np.arange(count))


def greedy(asked: nn.Module, source: Tensor) -> tuple[list[int], float]:
    """One sentence, as one would write it down."""
    before, probability = [END], 1.0
    while len(before) <= 3:
        given = asked(source[None], torch.tensor([before]))[0, -1].softmax(0)
        probability *= float(given.max())
        before.append(int(given.argmax()))
        if before[-1] == END:
            break
    return before[1:] + [PADDING] * (4 - len(before)), probability


@pytest.mark.parametrize("how", ["steps", "anew"])
def test_decoding_is_greedy_and_keeps_the_order_of_examples(how: str) -> None:
    asked, some = network(how), examples()
    found = decoded(asked, some, "fp32")
    sources = torch.from_numpy(some.inputs[0])
    with torch.no_grad():
        plain = [greedy(asked, source) for source in sources]
    assert found.predicted.tolist() == [answer for answer, _ in plain]
    assert found.confidence == pytest.approx([p for _, p in plain], rel=1e-5)
    assert len({tuple(answer) for answer, _ in plain}) > 1
    assert (found.examples == some.rows).all()


def test_all_places_at_once_end_where_the_answer_ends() -> None:
    asked, some = network("at once"), examples()
    seen = []
    asked.register_forward_pre_hook(lambda module, given: seen.append(given[0].shape))
    found = decoded(asked, some, "fp32")
    assert seen == [(100, 6)]
    with torch.no_grad():
        given = asked(torch.from_numpy(some.inputs[0]), torch.zeros(100, 3, dtype=torch.int64))
    for row, answer in zip(given.argmax(2).tolist(), found.predicted.tolist(), strict=True):
        end = row.index(END) + 1 if END in row else 3
        assert answer == row[:end] + [PADDING] * (3 - end)


class Scripted(nn.Module):
    """Says what stands in a table, row by source, and counts its steps."""

    def __init__(self, rows: list[list[float]]) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.tensor(rows))
        self.steps = 0

    def start(self, source: Tensor) -> int:
        return 0

    def step(self, state: int, symbol: Tensor) -> tuple[Tensor, int]:
        self.steps += 1
        said = self.rows[: len(symbol), state]
        given = torch.nn.functional.one_hot(said.nan_to_num(3).long(), 4) * 100.0
        return given.where(said.isfinite()[:, None], torch.nan), state + 1


def test_decoding_stops_when_all_have_ended_and_says_what_is_no_number() -> None:
    asked = Scripted([[1, 0, 2, 2, 2], [float("nan"), 2, 2, 2, 2], [0, 1, 1, 1, 1]])
    answer, probability = decode(asked, torch.ones(3, 2, dtype=torch.int64), 5)
    end = [PADDING] * 3
    assert answer.tolist() == [
        [1, END, *end], [NO_NUMBER, PADDING, *end], [END, PADDING, *end],
    ]  # fmt: skip
    assert probability.tolist() == [1, 0, 1]
    assert asked.steps == 2


def test_a_part_of_a_network_that_is_called_step_is_no_step() -> None:
    asked = network("anew")
    asked.start, asked.step = nn.Linear(1, 1), nn.Linear(1, 1)
    assert decode(asked, torch.full((2, 4), 3), 3)[0].shape == (2, 3)


@pytest.mark.parametrize("how", ["steps", "anew"])
def test_asked_symbol_by_symbol_it_says_what_it_learned_to_say(how: str) -> None:
    asked = network(how).double()
    source, previous = (torch.from_numpy(array) for array in examples().inputs)
    with torch.no_grad():
        torch.testing.assert_close(forced(asked, source, previous), asked(source, previous))


def test_teacher_forced_logits_stand_where_a_label_is() -> None:
    asked, some = network("anew"), examples(40)
    given = logits(asked, some, "fp32", batch=7)
    source, previous = (torch.from_numpy(array) for array in some.inputs)
    with torch.no_grad():
        whole = asked(source, previous)
    there = torch.from_numpy(some.labels != PADDING)
    torch.testing.assert_close(given[there], whole[there])
    assert (given[~there] == 0).all()


class Counting(kinds.Reading):
    """Its answer changes with the empty places."""

    def read(self, source: Tensor) -> Tensor:
        words = self.source_embedding(source)
        return torch.cat([words.mean(1), (source != EMPTY).sum(1, keepdim=True) - 4.5], dim=1)


def test_an_answer_that_changes_with_empty_places_is_told() -> None:
    torch.manual_seed(0)
    said = unsteady(Counting(PROBLEM), examples())
    assert said.startswith("its answer to a sentence changes with the empty places behind it")
    assert said.endswith("mask the places whose symbol is EMPTY (0)")
    for how in ("steps", "anew", "at once"):
        assert unsteady(network(how), examples()) == ""


def test_few_answers_are_asked_for_again_where_they_are_large() -> None:
    assert asked_again(PROBLEM) == 250
    assert asked_again(replace(PROBLEM, classes=8000, answer_length=20)) == 25
    assert asked_again(replace(PROBLEM, classes=50_000, answer_length=100)) == 8
    assert asked_again(Problem("image", (1, 28, 28), 10_000)) == 250


def test_the_loss_of_answers_is_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, some = network("steps"), examples(100)
    whole = loop._loss_of_sequences(asked, some, "fp32")
    monkeypatch.setattr(loop, "LOGITS_BYTES", 0)
    monkeypatch.setattr("structbench.evaluation.asked_at_once", lambda network: 7)
    assert loop._loss_of_sequences(asked, some, "fp32") == pytest.approx(whole, rel=1e-6)
