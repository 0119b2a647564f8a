"""The plain loops do what StructBench does, and the benchmark runs; nothing is timed."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.data.examples import PADDING
from structbench.data.spec import default_data_folder
from structbench.decoding import decoded
from structbench.models import ModelSpec
from structbench.models.build import build
from structbench.problem import EMPTY, UNKNOWN, Problem
from tests.benchmarks.process import Attempt
from tests.benchmarks.translation import __main__ as benchmark
from tests.benchmarks.translation import asked, plain
from tests.benchmarks.translation.__main__ import (
    DECODED,
    DECODING,
    OURS,
    PLAIN,
    Measured,
    Plan,
    Turn,
    rows,
)
from tests.benchmarks.translation.asked import NETWORKS, PARAMETERS, TOLERANCE, experiment_of
from tests.benchmarks.translation.weights import plain_network

SMALL = Problem("sequence", (6,), classes=5, vocabulary=7, answer_length=4)
OF_EACH = pytest.mark.parametrize("name", NETWORKS)


def both(name: str) -> tuple[nn.Module, nn.Module]:
    """StructBench's network and the plain one, in float64."""
    spec: ModelSpec = experiment_of(name, 1, 100).model
    own = build(spec, SMALL, 0).double()
    return own, plain_network(own)


def sentences() -> tuple[Tensor, Tensor, Tensor]:
    """Source, previous symbols and labels of sentences of 1 to 6 words."""
    drawn = torch.Generator().manual_seed(0)
    source = torch.randint(UNKNOWN, SMALL.vocabulary, (6, 6), generator=drawn).tril()
    assert (source == EMPTY).sum() == 15
    previous, labels = (torch.randint(0, SMALL.classes, (6, 4), generator=drawn) for _ in range(2))
    labels[:3, 2:] = PADDING
    return source, previous, labels


def gradients(network: nn.Module) -> dict[str, Tensor]:
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None}


@OF_EACH
@pytest.mark.parametrize("words", [1, 6])
def test_the_plain_network_has_the_same_logits_and_gradients(name: str, words: int) -> None:
    source, previous, labels = sentences()
    # Of 6 words alone no place is empty: then nothing is masked.
    source, previous, labels = (each[words - 1 :] for each in (source, previous, labels))
    networks, logits = both(name), []
    for network in networks:
        logits.append(network.eval()(source, previous))
        cross_entropy(logits[-1].flatten(0, 1), labels.flatten()).backward()
    torch.testing.assert_close(logits[1], logits[0], rtol=1e-10, atol=1e-12)
    norms = [
        torch.cat([g.flatten() for g in gradients(network).values()]).norm() for network in networks
    ]
    torch.testing.assert_close(norms[1], norms[0], rtol=1e-9, atol=0)
    embedded = [gradients(network)["source_embedding.weight"] for network in networks]
    torch.testing.assert_close(embedded[1], embedded[0], rtol=1e-9, atol=1e-12)


def test_dropout_is_at_as_many_places() -> None:
    source, previous, _ = sentences()
    drawn = []
    for network in both("transformer"):
        torch.manual_seed(0)
        dropped = network.train()(source, previous)
        assert not torch.allclose(dropped, network.eval()(source, previous))
        drawn.append(torch.get_rng_state())
    assert torch.equal(*drawn)


@OF_EACH
def test_both_decode_to_the_same_answers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "TOGETHER", 40)
    experiment = experiment_of(name, 1, 100)
    test = experiment.data.load(default_data_folder(), 0).test
    own = build(experiment.model, experiment.data.problem, 0).double()
    predicted = decoded(own, test, "fp32").predicted
    answers = plain.decode(plain_network(own), test).numpy()
    assert (answers == predicted).all()


@OF_EACH
def test_as_many_parameters_for_each(name: str) -> None:
    experiment = experiment_of(name, 1, 100)
    parameters = experiment.layer_table.parameters
    assert parameters == pytest.approx(PARAMETERS, rel=TOLERANCE)
    network = plain_network(build(experiment.model, experiment.data.problem, 0))
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_an_answer_ends_where_its_end_is() -> None:
    class Counts(nn.Module):
        """The first word of the source less one for each symbol: 0 is the END."""

        def forward(self, source: Tensor, previous: Tensor) -> Tensor:
            lengths.append(previous.shape[1])
            answer = source[:, :1] - torch.arange(previous.shape[1])
            return nn.functional.one_hot(answer.clamp(0), 9).float()

    lengths: list[int] = []
    found = plain._greedy(Counts(), torch.tensor([[2, 1], [1, 0]]), 5)
    assert found.tolist() == [[2, 1, 0, PADDING, PADDING], [1, 0, PADDING, PADDING, PADDING]]
    assert lengths == [1, 2, 3]  # and no more: all have ended


def test_ratios_are_of_the_same_round() -> None:
    def turn(index: int, who: str, milliseconds: float) -> Turn:
        return Turn(index, "rnn", who, {"milliseconds": milliseconds, "wrong": 0.0}, 300.0)

    turns = [turn(0, OURS, 4), turn(0, PLAIN, 6), turn(1, OURS, 2), turn(1, PLAIN, 6)]
    found = rows(Plan(["rnn"], 2, 1, 100), Measured([*turns, turn(2, OURS, 1)]))
    ratio = found["rnn, ms a step"]["ratio"]
    assert ratio
    assert (ratio.least, ratio.median, ratio.most, ratio.n) == (1.5, 2.25, 3.0, 2)
    assert found["rnn, wrong, %"]["ratio"] is None
    both_at_once = Turn(0, DECODED, DECODING, {OURS: 1, PLAIN: 4, "same": 1, "wrong": 0}, 300.0)
    decoding = rows(Plan([], 1, 1, 100), Measured([both_at_once]))
    assert [row["ratio"].median for row in decoding.values() if row["ratio"]] == [4.0]


def test_quick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which has imported torch: each of three others would take seconds for it."""

    def finish(_: str, module: str, *arguments: str) -> Attempt:
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        runpy.run_module(module, run_name="__main__")
        return Attempt(capsys.readouterr().out, 1.0, 300.0, None)

    monkeypatch.setattr(benchmark, "finish", finish)
    monkeypatch.setattr(asked, "PAIRS", 100)
    output = tmp_path / "translation.json"
    benchmark.main(quick=True, network=[DECODED], output=output)
    found, shown = json.loads(output.read_text()), capsys.readouterr().out
    assert found["failed"] == {}
    for what in ("ms a step", "peak, MB", "decoding 100 sentences, s"):
        assert {*found["rows"][f"{DECODED}, {what}"]} == {OURS, PLAIN, "ratio"}
        assert what in shown
    assert found["rows"][f"{DECODED}, the same answer, %"][OURS]["median"] == 100
