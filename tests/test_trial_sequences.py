"""A network of the user's own for sequences: refused, told, or right."""

from __future__ import annotations

from pathlib import Path

import pytest

from structbench import train
from structbench.errors import ConfigError
from structbench.experiment.load import load_experiment
from structbench.models.plugins import named_model
from structbench.outcome import Outcome
from tests import kinds
from tests.own import written

NET = """
class Net(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.words = nn.Embedding(problem.vocabulary, 8, padding_idx=0)
        self.before = nn.Embedding(problem.classes, 8)
        self.out = nn.Linear(8, problem.classes)
        {init}
    def read(self, source):
        return (self.words(source) * (source != 0)[..., None]).sum(1)
    def forward(self, source, previous):
        {forward}
        return self.out(self.read(source)[:, None] + self.before(previous).cumsum(1))
    {more}
class Own(TorchModel):
    takes = frozenset({{"sequence"}})
    family: Literal["own"] = "own"
    def network(self, problem):
        return Net(problem)
"""
START = "def start(self, source): return self.read(source)\n"
STEP = """def step(self, state, symbol):
    state = state + self.before(symbol)
    return {given}, state
"""


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


def net(forward: str = "pass", more: str = "", init: str = "pass") -> str:
    lines = [part.replace("\n", "\n        ") for part in (forward, init)]
    return NET.format(forward=lines[0], init=lines[1], more=more.replace("\n", "\n    "))


def outcome(folder: Path, body: str) -> Outcome:
    named_model(f"{written(folder, body)}:Own")
    asked = ("data={name: echo}", "conditions=[same]", "training={steps: 8, batch_size: 20}")
    return train(load_experiment("own", asked), runs_dir=folder / "runs")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            net("return self.out(self.read(source))"),
            r"gives \(1, 4\) for one example; it should give at each of the 3 "
            r"places of an answer one logit for each of the 4 symbols: \(1, 3, 4\)",
        ),
        (
            net("source.view(-1, 6).sum(0)[5]; assert source.shape[1] == 6, 'six words'"),
            "fails while training on 20 examples, cut to 3 source and 2 answer places, with "
            "sequences of up to 6 symbols and answers of up to 3 of 4: .*six words",
        ),
        (
            net("if not self.training and source.shape[1] < 6: raise KeyError('few')"),
            "fails when asked for 20 examples at a time, cut to 3 source and 2 answer places",
        ),
        (
            net("if previous.shape[1] == 1: raise KeyError('one')"),
            "fails when it answers symbol by symbol, .* KeyError: 'one'",
        ),
        (
            net(more=START + STEP.format(given="self.out(state)[:, None]")),
            r"gives \(8, 1, 4\) from `step`; it should give one logit for each of the 4 classes: "
            r"\(8, 4\)",
        ),
        (
            net(more=START + "def step(self, state, symbol): return self.out(state)"),
            "has a `step` that gives a Tensor; it should give logits, state",
        ),
        (
            net(more="def attention(self, source, previous): return source.float()"),
            r"attends by \(8, 6\); `attention` should give .*: \(8, heads, 3, 6\)",
        ),
    ],
)  # fmt: skip
def test_what_fails_on_sequences_is_refused_before_any_training(
    tmp_path: Path, body: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        outcome(tmp_path, body)
    assert len(str(error.value).splitlines()) == 1
    assert not list(tmp_path.glob("runs/*/run.json"))


SEES = "previous = previous.flip(1)"
PADS = "return self.out(self.words.weight[source].mean(1)[:, None] + self.before(previous))"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (net(SEES), "depends on the symbols of the answer behind it"),
        (net(more="one_pass = True"), "it is `one_pass` and yet reads the answer so far"),
        (
            net(more=START + STEP.format(given="self.out(2 * state)")),
            "its `start` and `step`, by which it is tested, give other logits than its `forward`",
        ),
        (
            net(PADS, init="nn.init.normal_(self.words.weight)"),
            "its answer to a sentence changes with the empty places behind it",
        ),
    ],
)
def test_what_would_make_other_answers_than_were_learned_is_told(
    tmp_path: Path, body: str, told: str
) -> None:
    notices = outcome(tmp_path, body).summary.notices
    assert any(told in said for said in notices)


PACKED = """
class Net(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.words = nn.Embedding(problem.vocabulary, 8, padding_idx=0)
        self.before = nn.Embedding(problem.classes, 8)
        self.reads, self.says = (nn.GRU(8, 16, batch_first=True) for _ in range(2))
        self.out = nn.Linear(16, problem.classes)
    def start(self, source):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.words(source), (source != 0).sum(1), batch_first=True, enforce_sorted=False
        )
        return self.reads(packed)[1]
    def step(self, state, symbol):
        said, state = self.says(self.before(symbol)[:, None], state)
        return self.out(said[:, 0]), state
    def forward(self, source, previous):
        return self.out(self.says(self.before(previous), self.start(source))[0])
"""
ATTENDS = """
class Net(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.source_embedding = nn.Embedding(problem.vocabulary, 8)
        self.before = nn.Embedding(problem.classes, 8)
        self.places = nn.Embedding(6, 8)
        self.says = nn.GRU(8, 8, batch_first=True)
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, problem.classes)
    def looked(self, source, previous):
        said, _ = self.says(self.before(previous))
        read = self.source_embedding(source) + self.places.weight[:source.shape[1]]
        return self.attend(
            said, read, read, key_padding_mask=source == 0, average_attn_weights=False
        )
    def forward(self, source, previous):
        return self.out(self.looked(source, previous)[0])
    def attention(self, source, previous):
        return self.looked(source, previous)[1]
"""
OWN = net()[net().index("class Own") :]


@pytest.mark.parametrize(
    "body",
    [
        net(),
        PACKED + OWN,
        ATTENDS + OWN,
        net(more=START + STEP.format(given="self.out(state)")),
        net("previous = previous * 0", more="one_pass = True"),
        net(init="self.step, self.start = nn.Linear(1, 1), nn.Parameter(torch.ones(1))",
            forward="previous = previous + (0 * self.step(self.start)).long()"),
    ],
)  # fmt: skip
def test_ordinary_networks_of_sequences_just_work(tmp_path: Path, body: str) -> None:
    notices = outcome(tmp_path, body).summary.notices
    assert [said for said in notices if "no part in" not in said] == []
