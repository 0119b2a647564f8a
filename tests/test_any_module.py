"""Any small module: refused in one line before training, or right and found again."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structbench import evaluate, train
from structbench.errors import ConfigError
from structbench.models import plugins
from structbench.outcome import Outcome
from structbench.store.runs import Store
from tests.own import experiment, written

# 17 = 2 · 8 + 1: the last batch of an epoch has one example.
TINY = ("data={train_size: 17, test_size: 12}", "training.batch_size=8", "conditions=[clean]")


@dataclass
class Net:
    """The text of a module, and its counts by arithmetic. width: of what has come so far"""

    width: int = 784
    init: list[str] = field(default_factory=list)
    forward: list[str] = field(default_factory=list)
    parameters: int = 0
    macs: int = 0
    last: tuple[str, int] | None = None
    chance: bool = False

    def add(self, init: str, forward: str, parameters: int = 0, macs: int = 0) -> None:
        """A line of the constructor and one of the forward pass."""
        self.init.append(init)
        self.forward.append(forward)
        self.parameters += parameters
        self.macs += macs

    def linear(self, width: int, frozen: bool) -> None:
        name, count = f"l{len(self.init)}", self.width * width + width
        off = f"; self.{name}.requires_grad_(False)" * frozen
        self.add(
            f"self.{name} = nn.Linear({self.width}, {width}){off}", f"x = self.{name}(x)",
            0 if frozen else count, self.width * width,
        )  # fmt: skip
        self.last = (name, self.width) if width == self.width else None
        self.width = width

    def product(self, width: int, how: str) -> None:
        name = f"w{len(self.init)}"
        self.add(
            f"self.{name} = nn.Parameter(torch.randn({self.width}, {width}) / 30)",
            f"x = {how.format(w=f'self.{name}')}",
            self.width * width, self.width * width,
        )  # fmt: skip
        self.width, self.last = width, None

    def tied(self) -> None:
        """The layer before once more; its weights count once, its products each time."""
        if self.last:
            self.add("pass", f"x = self.{self.last[0]}(x)", 0, self.last[1] ** 2)

    def text(self, ending: str) -> str:
        """A file with the module; ending: what it returns"""
        lines = ["import random, numpy as np", "class Net(nn.Module):", "    def __init__(self):"]
        lines += [f"        {line}" for line in ("super().__init__()", *self.init)]
        self_out = f"        self.out = nn.Linear({self.width}, 10)"
        forward = [f"        {line}" for line in ("x = x.flatten(1)", *self.forward, ending)]
        return "\n".join([*lines, self_out, "    def forward(self, x):", *forward, ""])


PARTS = {
    "relu": ("pass", "x = F.relu(x)"),
    "in place": ("pass", "x = x.sub_(0.5).tanh_()"),
    "norm": ("self.n{i} = nn.BatchNorm1d({w})", "x = self.n{i}(x)"),
    "layer norm": ("self.n{i} = nn.LayerNorm({w})", "x = self.n{i}(x)"),
    "dropout": ("self.d{i} = nn.Dropout(0.3)", "x = self.d{i}(x)"),
    "always dropout": ("pass", "x = F.dropout(x, 0.5)"),
    "numpy's chance": ("pass", "x = x + (np.random.rand() if self.training else 0)"),
    "python's chance": ("pass", "x = x * (1 + random.random())"),
    "buffer": ("self.register_buffer('b{i}', torch.zeros(()))", "self.b{i} += 1"),
    "state": ("self.s{i} = 0", "self.s{i} += self.training; x = x / (1 + self.s{i})"),
    "of the batch": ("pass", "x = x - x.mean(0)"),
    "double": ("pass", "x = x.double().float()"),
    "half": ("pass", "x = x.bfloat16().float()"),
}
ENDINGS = {
    "return self.out(x)": None,
    "return F.log_softmax(self.out(x), 1)": None,
    "return self.out(x).double()": None,
    "return self.out(x).softmax(1)": "probabilities",
    "return self.out(x), x": "a tuple",
    "return {'out': self.out(x)}": "a dict",
    "self.out(x)": "nothing",
    "return self.out(x)[:, :2]": "(1, 2)",
    "return (self.out(x), x) if self.training else self.out(x)": "a tuple",
}
NOTICED = {
    "always dropout": "asked again", "python's chance": "asked again",
    "state": "restored", "of the batch": "others in its batch",
}  # fmt: skip


@st.composite
def nets(draw: st.DrawFn) -> tuple[Net, list[str]]:
    """A module and the names of its parts."""
    net, names = Net(), list[str]()
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["linear", "product", "tied", *PARTS]))
        names.append(kind)
        width = draw(st.sampled_from([4, 8, 8]))
        if kind == "linear":
            net.linear(width, frozen=draw(st.booleans()))
        elif kind == "product":
            hows = ("torch.einsum('nd,dk->nk', x, {w})", "x @ {w}", "F.linear(x, {w}.T)")
            net.product(width, draw(st.sampled_from(hows)))
        elif kind == "tied":
            net.tied()
        else:
            init, forward = (t.format(i=len(net.init), w=net.width) for t in PARTS[kind])
            net.add(init, forward, 2 * net.width if "norm" in kind else 0)
    return net, names


FOLDERS = itertools.count()


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(tempfile.mkdtemp())


@settings(max_examples=25)
@given(made=nets(), ending=st.sampled_from(list(ENDINGS)))
def test_a_module_is_refused_or_right(
    made: tuple[Net, list[str]], ending: str, folder: Path
) -> None:
    net, names = made
    here = folder / str(next(FOLDERS))
    path = written(here, net.text(ending))
    plugins._families.pop("Net", None)
    said = ENDINGS[ending]
    refused = None
    try:
        asked = experiment(path, "Net", *TINY)
        first = train(asked, runs_dir=here / "a")
    except ConfigError as error:
        refused = str(error)
    if refused:
        assert len(refused.splitlines()) == 1
        assert not list(here.glob("a/*/run.json"))
        # A batch of one is none to normalise; what tanh gave is needed as it was.
        expected = "norm" in names or ("in place" in names and "gradient" in refused)
        assert expected or (said and said in refused), (refused, names)
        return
    assert said in (None, "probabilities")
    assert (first.summary.parameters, first.summary.macs) == (
        net.parameters + net.width * 10 + 10, net.macs + net.width * 10
    )  # fmt: skip
    require_found_again(first, here, asked.model_copy())
    told = " ".join(first.summary.notices)
    assert ("probabilities" in told) == (said == "probabilities")
    for name in set(names) & NOTICED.keys() - {"of the batch"}:
        assert NOTICED[name] in told or "asked again" in told, (name, told)


def require_found_again(first: Outcome, here: Path, asked: object) -> None:
    """The same bits for the same seed, and the same answers from what was kept."""
    again = train(asked, runs_dir=here / "b")  # type: ignore[arg-type]
    run = first.summary.run
    assert Store(here / "a").weights_file(run) == Store(here / "b").weights_file(run)
    assert first.summary.misclassification == again.summary.misclassification
    later = evaluate(here / "a" / run, ["invert"]).predictions["invert"]
    other = evaluate(here / "b" / run, ["invert"]).predictions["invert"]
    assert np.array_equal(later.confidence, other.confidence)
