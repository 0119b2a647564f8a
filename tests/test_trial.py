"""A network of the user's own before, in and after its run: refused, told, or right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from structbench import Comparison, compare, evaluate, load_comparison, load_experiment, train
from structbench.errors import ConfigError, NumericsError, RunFailed
from structbench.models.plugins import named_model
from structbench.outcome import NO_NUMBER
from structbench.store.runs import Store
from tests.own import SMALL, experiment, net, outcome, written

CONV = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 3, 3, stride=3), nn.Conv2d(3, 4, 3, stride=2)
        self.out = nn.Linear(4 * 4 * 4, 10)
    def forward(self, x):
        x = F.relu(self.b(F.relu(self.a(x))))
        return self.out({flat})
"""
SHARED = "PART = nn.Linear(784, 10)\n"


def compared(path: Path, runs: Path, *overrides: str) -> Comparison:
    spec = load_comparison([f"{path}:Net", "linear"], [*SMALL, "seeds=2", *overrides])
    return compare(spec, runs_dir=runs)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (net(forward="return self.fc(x), x"), "gives a tuple for one example; .*: \\(1, 10\\)"),
        (net(forward="return {'logits': self.fc(x)}"), "gives a dict for one example"),
        (net(forward="self.fc(x); return"), r"gives nothing \(None\) for one example"),
        (net(forward="return self.fc(x)[:, :2]"), r"gives \(1, 2\) for one example"),
        (net(forward="return self.fc(x).argmax(1)"), r"gives \(1,\) for one example"),
        (net(forward="return self.fc(x).long()"), "gives int64 for one example"),
        (
            net(forward="if self.training: return self.fc(x), x"),
            "gives a tuple while training on 64 examples",
        ),
        (
            net("self.norm = nn.BatchNorm1d(784)", "x = self.norm(x)"),
            r"at the last step of an epoch, which has 1 example \(65 = 1 × 64 \+ 1: choose "
            r"another training.batch_size or data.train_size\).* norm, BatchNorm1d\(784, ",
        ),
        (net(forward="x = x.view(1, 784)"), "fails while training on 64 examples"),
        (net("self.fc = nn.Linear(3, 10)"), r"fc, Linear\(in_features=3, .*is given 1×784"),
        (net("self.fc.requires_grad_(False)"), "has nothing to train"),
        (net(forward="return self.fc(x).detach()"), "answers by nothing that is trained"),
        (
            net("self.w = nn.Parameter(torch.zeros(10, dtype=torch.complex64))",
                "return self.fc(x) + self.w.real"),
            "fails at a step of adam",
        ),
        (SHARED + net("self.fc = PART"), "gives the same module twice"),
        (SHARED + net("self.fc.weight = PART.weight"), "gives the parameter fc.weight twice"),
        (
            "MADE = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\ndef Net(): return MADE",
            "gives the same module twice",
        ),
        (
            net(forward="self.more = nn.Parameter(torch.ones(1))"),
            "has 7,850 parameters to train one time and 7,851 another",
        ),
        (net(forward="sys.exit(3)"), r"ends the program \(SystemExit: 3\)"),
        (net(forward="input()"), "asks for input"),
        (net(forward="torch.set_default_dtype(torch.float64)"), "sets torch's default dtype"),
        ("def Net(): return torch.relu", "is a builtin_function_or_method; it should be a torch"),
        ("def Net(): return nn.Linear(784)", "cannot be made for images of 1×28×28"),
        ("def Net(): raise KeyError('x')", "cannot be made for .* KeyError: 'x'"),
        (net() + "    def train(self, epochs, rate): pass\n", "cannot be used: TypeError: .*train"),
        (net() + "    __hash__ = None\n", "cannot be used: TypeError: unhashable type: 'Net'"),
        (
            net("self.w = nn.Parameter(torch.eye(10, 784).to_sparse())",
                "return torch.sparse.mm(self.w, x.T).T"),
            "has a sparse parameter, w: only dense ones can be kept",
        ),
        (
            net("with torch.inference_mode(): self.fc = nn.Linear(784, 10)"),
            "cannot be restored from its state_dict: .*nplace update to inference tensor",
        ),
        ("def Net(depth): return nn.Linear(784, depth)", "Net.depth: is missing|depth: is missing"),
    ],
)  # fmt: skip
def test_what_fails_is_refused_before_any_training(tmp_path: Path, body: str, told: str) -> None:
    sizes = ["data={train_size: 65, test_size: 40}"] if "BatchNorm" in body else []
    path = written(tmp_path, body)
    with pytest.raises(ConfigError, match=told) as error:
        train(experiment(path, "Net", *sizes), runs_dir=tmp_path / "runs")
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(ConfigError, match=told):
        compared(path, tmp_path / "runs", *sizes)
    assert not list(tmp_path.glob("runs/*/run.json"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (net(forward="x = F.dropout(x, 0.5)"), "when it is asked again: it draws chance"),
        (net(forward="x = x + np.random.rand()"), "when it is asked again: it draws chance"),
        (
            net(forward="x = x - x.mean(0)"),
            "its answer to an example depends on the others in its batch",
        ),
        (net(forward="return self.fc(x).softmax(1)"), "it answers with probabilities"),
        (
            net("torch.nn.init.normal_(self.fc.weight, generator=torch.Generator().manual_seed("
                "random.SystemRandom().randrange(10**9)))"),
            "its initial weights are not decided by the seed",
        ),
        (net("torch.manual_seed(0); self.fc = nn.Linear(784, 10)"), "are the same for every seed"),
        (
            net(forward="if self.training: x = x * random.SystemRandom().random()"),
            "it draws chance that the seed does not decide",
        ),
        (
            net("self.seen = 0", "self.seen += self.training\nx = x / (1 + self.seen)"),
            "restored from its state_dict it answers otherwise",
        ),
        (
            "SEEN = []\n"
            + net(forward="if self.training: SEEN.append(x.mean())\nelif SEEN: x = x * 2"),
            "it keeps state outside its module: what was trained before it in the same process",
        ),
        (
            "from pathlib import Path\nBESIDE = Path(__file__).with_name('x.txt')\n"
            "BESIDE.write_text('3')\n" + net("self.scale = float(BESIDE.read_text())"),
            "it reads x.txt, which is not a part of the run's name",
        ),
        (
            net("self.side = nn.Linear(7, 3)"),
            r"24 of its parameters \(side.bias, side.weight\) have no part in what it answers",
        ),
    ],
)  # fmt: skip
def test_what_others_could_not_find_again_is_told(tmp_path: Path, body: str, told: str) -> None:
    notices = outcome(tmp_path, body).summary.notices
    assert len([text for text in notices if told.replace("\\", "") in text]) == 1, notices


@pytest.mark.parametrize(
    "body",
    [
        net(),
        net(forward="return F.log_softmax(self.fc(x), 1)"),
        net("self.norm = nn.BatchNorm1d(784)", "x = self.norm(x)"),
        net(forward="x = F.dropout(x, 0.5, self.training)"),
        net("nn.init.constant_(self.fc.bias, random.random() + np.random.rand())"),
        net(forward="print('shape', x.shape); x -= 0.5"),
        "def Net(): return nn.Sequential(nn.Flatten(), nn.LazyLinear(10))",
        CONV.format(flat="x.view(x.size(0), -1)"),
        CONV.format(flat="x.flatten(1)"),
        net("self.fc.to(torch.bfloat16)", "return self.fc(x.bfloat16()).float()"),
        net("self.fc.double()", "return self.fc(x.double())"),
        net("self.again = self.fc", "return (self.fc(x) + self.again(x)) / 2"),
        net("self.w = nn.Parameter(self.fc.weight.detach().clone())\nself.fc.weight = self.w"),
        net() + "    def train(self, mode=True): super().train(mode)\n",
        net(
            "sizes.insert(0, 784)\nassert sizes == [784, 8]\nrest.append(0)\nassert rest == [0]"
        ).replace("__init__(self)", "__init__(self, sizes=[8], rest=[], family='other')"),
        net("self.none = nn.Parameter(torch.empty(0))"),
        pytest.param(
            "def Net(): return torch.jit.script(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))",
            marks=pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning"),
        ),
    ],
)
def test_ordinary_code_just_works_and_is_kept_whole(
    tmp_path: Path, body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, body)
    first, second = (
        train(experiment(path), runs_dir=tmp_path / runs) for runs in ("runs", "again")
    )
    run = first.summary.run
    weights = [Store(tmp_path / runs).weights_file(run) for runs in ("runs", "again")]
    assert first.summary.notices == second.summary.notices == ()
    assert weights[0] == weights[1], "the same bits for the same seed"
    later = evaluate(tmp_path / "runs" / run, ["rotate:20"]).predictions["rotate:20"]
    asked = experiment(path, "Net", "conditions=[rotate:20, clean]", "seed=0")
    alone = train(asked, runs_dir=tmp_path / "alone")
    assert alone.summary.run == run
    for condition, found in {"clean": first.predictions["clean"], "rotate:20": later}.items():
        assert np.array_equal(alone.predictions[condition].confidence, found.confidence)
    assert "shape" not in capsys.readouterr().out


def test_a_condition_does_not_see_what_another_did_to_the_network(tmp_path: Path) -> None:
    body = net(
        "self.register_buffer('drift', torch.zeros(()))",
        "self.drift += x.mean()\nx = x * (1 + self.drift)",
    )
    path = written(tmp_path, body)
    found = [
        train(
            experiment(path, "Net", f"conditions={conditions}"), runs_dir=tmp_path / str(i)
        ).predictions["invert"]
        for i, conditions in enumerate(["[clean, 'rotate:20', invert]", "[invert]"])
    ]
    assert np.array_equal(found[0].confidence, found[1].confidence)


NAN = "x = x / x.max(1, keepdim=True).values.clamp(max=0.5).mul(2) * (x.std(1) / x.std(1))[:, None]"


def test_answers_that_are_no_numbers_are_wrong_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, net(forward=NAN))
    run = train(experiment(path), runs_dir=tmp_path).summary.run
    found = evaluate(tmp_path / run, ["contrast:0"])
    told = found.predictions["contrast:0"]
    assert (told.predicted == NO_NUMBER).all()
    assert told.wrong.all()
    assert (told.confidence == 0).all()
    said = "40 of 40 answers under contrast:0 are not numbers, and count as wrong"
    assert found.summary.notices == (said,)
    assert Store(tmp_path).read(run)[1].summary.notices == (said,)


def test_a_validation_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    body = net(forward="if not self.training: x = x / 0 * 0")
    asked = experiment(
        written(tmp_path, body), "Net", "data.validation_size=20", "training.epochs=3"
    )
    for _ in range(2):  # the folder is not stuck
        told = r"validation loss is nan after epoch 1, step 2: 20 of 20 answers are not numbers"
        with pytest.raises(NumericsError, match=told):
            train(asked, runs_dir=tmp_path)


def test_what_comes_up_while_training_is_a_failed_run(tmp_path: Path) -> None:
    body = net("self.steps = 0", "self.steps += 1\nif self.steps > 8: raise OverflowError('many')")
    with pytest.raises(RunFailed, match="OverflowError: many"):
        outcome(tmp_path, body, "training.epochs=20")


@pytest.mark.usefixtures("few_pictures")
def test_notices_stand_in_the_comparison_with_their_seeds(tmp_path: Path) -> None:
    path = written(tmp_path, net(forward="return self.fc(x).softmax(1)"))
    found = compared(path, tmp_path / "runs")
    assert len(found.models["Net"].notices) == 1
    assert found.models["linear"].notices == ()
    page = (tmp_path / "runs" / found.name / "report.html").read_text()
    assert "Net: it answers with probabilities" in page
    table = (tmp_path / "runs" / found.name / "table.md").read_text()
    assert table.startswith("> Net: it answers with probabilities")


def test_options_that_a_run_cannot_keep_are_refused(tmp_path: Path) -> None:
    body = """
class Own(TorchModel):
    family: Literal["own"] = "own"
    values: object = None
    def network(self, classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))
"""
    own = named_model(f"{written(tmp_path, body)}:Own")
    construct: Any = own.model_construct
    held = construct(values=(1, 2))
    asked = load_experiment("own", SMALL).model_copy(update={"model": held})
    with pytest.raises(ConfigError, match="options"):
        train(asked, runs_dir=tmp_path)


def test_the_option_that_a_run_cannot_keep_is_named(tmp_path: Path) -> None:
    body = """
from pydantic import computed_field
class Own(TorchModel):
    family: Literal["own"] = "own"
    width: int = 3
    @computed_field
    @property
    def twice(self) -> int:
        return 2 * self.width
    def network(self, classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))
"""
    named_model(f"{written(tmp_path, body)}:Own")
    with pytest.raises(ConfigError, match="options that a run cannot keep: twice: Extra inputs"):
        train(load_experiment("own", SMALL), runs_dir=tmp_path)
