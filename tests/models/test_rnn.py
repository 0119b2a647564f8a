"""Recurrent networks: torch's arithmetic, counted and worked out."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from structbench.models.budget import fit_budget
from structbench.models.rnn import RNN
from structbench.models.translator import Translator
from structbench.problem import Problem
from tests.models.sequences import LENGTHS, close, sentences, translator
from tests.models.steps import MNIST, MNIST1D, PROBLEMS, counted, network, worked_out

Cell = Literal["tanh", "gru", "lstm"]
CELLS: dict[Cell, Any] = {"tanh": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
EITHER = pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])


def signals(problem: Problem, examples: int = 3) -> Tensor:
    return torch.randn(examples, *problem.input_shape, generator=torch.Generator().manual_seed(0))


def test_the_published_gru_of_mnist_1d() -> None:
    table = RNN(cell="gru", hidden=6, bidirectional=True, states="all").layer_table(MNIST1D)
    steps, gru, flat, linear = table.rows
    assert steps.output_shape == (40, 1)
    assert gru.parameters == (324, "2·3·(6·1 + 6·6 + 2·6)")
    assert gru.output_shape == (40, 12)
    assert gru.macs == 40 * 3 * (6 * 1 + 6 * 6) * 2
    assert gru.text == "GRU 6, both ways"
    assert flat.output_shape == (480,)
    assert linear.parameters == (4_810, "480·10 + 10")
    assert table.parameters == 5_134


def test_the_arithmetic_of_each_cell() -> None:
    def first(**options: Any) -> tuple[int, str]:
        return RNN(hidden=5, **options).layer_table(MNIST).rows[1].parameters

    assert first(cell="tanh") == (5 * 28 + 25 + 10, "5·28 + 5·5 + 2·5")
    assert first(cell="tanh", bidirectional=True) == (350, "2·(5·28 + 5·5 + 2·5)")
    assert first(cell="gru") == (3 * 175, "3·(5·28 + 5·5 + 2·5)")
    assert first(cell="lstm") == (4 * 175, "4·(5·28 + 5·5 + 2·5)")


@settings(max_examples=40)
@given(
    spec=st.builds(
        RNN,
        cell=st.sampled_from(sorted(CELLS)),
        hidden=st.integers(1, 9),
        depth=st.integers(1, 3),
        bidirectional=st.booleans(),
        states=st.sampled_from(["last", "all"]),
    ),
    problem=st.sampled_from(PROBLEMS),
    training=st.booleans(),
)
def test_each_layer_counts_what_it_does(spec: RNN, problem: Problem, training: bool) -> None:
    assert counted(spec, problem, training) == worked_out(spec, problem)


def test_after_a_recurrent_layer_everything_is_seen() -> None:
    sees = [row.receptive_field for row in RNN().layer_table(MNIST1D).rows]
    assert sees[0] is not None
    assert sees[1:] == [None, None]


@pytest.mark.parametrize("cell", CELLS)
@EITHER
def test_its_states_are_those_of_torch(cell: Cell, bidirectional: bool) -> None:
    spec = RNN(cell=cell, hidden=5, depth=2, bidirectional=bidirectional, states="all")
    built = network(spec, MNIST)
    theirs = CELLS[cell](28, 5, num_layers=2, batch_first=True, bidirectional=bidirectional)
    weights = [value for name, value in built.state_dict().items() if name[0] == "r"]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), weights, strict=True)))
    images = signals(MNIST)
    states, _ = theirs(images[:, 0])
    torch.testing.assert_close(built[:-2](images), states)


@pytest.mark.parametrize("cell", CELLS)
@EITHER
def test_the_last_state_has_read_all_steps(cell: Cell, bidirectional: bool) -> None:
    options: dict[str, Any] = {"cell": cell, "hidden": 5, "bidirectional": bidirectional}
    last = network(RNN(**options, depth=2), MNIST1D)[:-1]
    every = network(RNN(**options, depth=2, states="all"), MNIST1D)[:-2]
    every.load_state_dict(last.state_dict())
    states = every(x := signals(MNIST1D))
    # Forwards it ends at the last step, backwards at the first.
    expected = torch.cat([states[:, -1, :5], states[:, 0, 5:]], dim=1)
    torch.testing.assert_close(last(x), expected)


def test_an_images_rows_are_its_steps() -> None:
    colours = Problem("image", (3, 4, 5), 10)
    steps = network(RNN(), colours)[0]
    images = signals(colours)
    assert RNN().layer_table(colours).rows[0].output_shape == (4, 15)
    for row in range(4):
        assert torch.equal(steps(images)[:, row], images[:, :, row].flatten(1))
    assert steps(signals(MNIST)).is_contiguous(), "one channel is not copied"


@pytest.mark.parametrize("cell", CELLS)
@EITHER
def test_it_runs_in_bfloat16_too(cell: Cell, bidirectional: bool) -> None:
    built = network(RNN(cell=cell, hidden=5, depth=2, bidirectional=bidirectional), MNIST1D)
    x = signals(MNIST1D)
    with torch.autocast("cpu", torch.bfloat16):
        answers = built(x)
    answers.float().logsumexp(1).sum().backward()
    torch.testing.assert_close(answers.float(), built(x), rtol=0.02, atol=0.02)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in built.parameters())


@settings(max_examples=20)
@given(budget=st.integers(3_000, 300_000), cell=st.sampled_from(sorted(CELLS)))
def test_a_budget_sets_the_width_of_the_state(budget: int, cell: Cell) -> None:
    fitted = fit_budget("rnn", RNN(cell=cell), MNIST, budget, 0.05)
    assert isinstance(fitted, RNN)
    assert fitted == RNN(cell=cell, hidden=fitted.hidden)


STEPS: dict[Cell, Any] = {"tanh": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


def cell_of(network: nn.Module, name: str, cell: Cell, suffix: str = "_l0") -> Any:
    """Torch's cell for one step with the weights of a layer, in one direction."""
    weights = {
        key.removeprefix(f"{name}.cell.").removesuffix(suffix): value
        for key, value in network.state_dict().items()
        if key.startswith(f"{name}.cell.") and key.endswith(suffix)
    }
    hidden, features = weights["weight_hh"].shape[1], weights["weight_ih"].shape[1]
    plain = STEPS[cell](features, hidden).double()
    plain.load_state_dict(OrderedDict(weights))
    return plain


def run(cell: Any, inputs: Tensor) -> Tensor:
    """The states [steps, hidden] of a cell that begins with zeros; inputs [steps, features]."""
    state, states = None, []
    for x in inputs:
        state = cell(x[None], state)
        states.append(state[0][0] if isinstance(state, tuple) else state[0])
    return torch.stack(states)


def encoded(network: Translator, cell: Cell, words: Tensor, both: bool) -> Tensor:
    """The states [words, features] that a plain encoder of one layer has of one sentence."""
    embedded = network.source_embedding(words)
    states = run(cell_of(network, "encoder.recurrent1", cell), embedded)
    if not both:
        return states
    backwards = run(cell_of(network, "encoder.recurrent1", cell, "_l0_reverse"), embedded.flip(0))
    return torch.cat([states, backwards.flip(0)], 1)


@pytest.mark.parametrize("cell", CELLS)
@EITHER
def test_one_vector_is_all_that_a_decoder_without_attention_has(
    cell: Cell, bidirectional: bool
) -> None:
    spec = RNN(cell=cell, hidden=5, embedding=3, bidirectional=bidirectional)
    network = translator(spec)
    source, previous = sentences()
    found = network(source, previous)
    w = network.state_dict()
    for i, length in enumerate(LENGTHS):
        states = encoded(network, cell, source[i, :length], bidirectional)
        # The last that each direction has read.
        context = torch.cat([states[-1, :5], states[0, 5:]])
        symbols = w["decoder.symbols1.weight"][previous[i]]
        inputs = torch.cat([symbols, context.expand(len(symbols), -1)], 1)
        answered = run(cell_of(network, "decoder.recurrent1", cell), inputs)
        logits = answered @ w["decoder.linear1.weight"].T + w["decoder.linear1.bias"]
        close(found[i], logits)


def test_the_lectures_formula_with_one_context() -> None:
    network = translator(RNN(cell="tanh", hidden=5, embedding=3))
    source, previous = sentences((6,))
    w = network.state_dict()
    of_input, of_state = (w[f"decoder.recurrent1.cell.weight_{part}_l0"] for part in ("ih", "hh"))
    bias = sum(w[f"decoder.recurrent1.cell.bias_{part}_l0"] for part in ("ih", "hh"))
    context = encoded(network, "tanh", source[0], both=False)[-1]
    state = torch.zeros(5, dtype=torch.float64)
    for place, symbol in enumerate(previous[0]):
        before = w["decoder.symbols1.weight"][symbol]
        state = torch.tanh(
            of_input[:, 3:] @ context + of_input[:, :3] @ before + of_state @ state + bias
        )
        logits = w["decoder.linear1.weight"] @ state + w["decoder.linear1.bias"]
        close(network(source, previous)[0, place], logits)


def attended(
    network: Translator, cell: Cell, states: Tensor, symbols: Tensor
) -> tuple[Tensor, Tensor]:
    """A plain loop of Bahdanau et al. (2015) over one sentence: states and weights."""
    w, name = network.state_dict(), "decoder.attentiverecurrent1"
    plain, state = cell_of(network, name, cell), None
    s, found, looked = torch.zeros(5, dtype=torch.float64), [], []
    for y in symbols:
        if f"{name}.additive.keys.weight" in w:
            asked = w[f"{name}.additive.asks.weight"] @ s
            keys = states @ w[f"{name}.additive.keys.weight"].T
            scores = torch.tanh(asked + keys) @ w[f"{name}.additive.scores.weight"][0]
        else:
            scores = states @ s
        weights = scores.softmax(0)
        state = plain(torch.cat([y, weights @ states])[None], state)
        s = state[0][0] if isinstance(state, tuple) else state[0]
        found.append(s)
        looked.append(weights)
    return torch.stack(found), torch.stack(looked)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("attention", "bidirectional"), [("additive", False), ("additive", True), ("dot", False)]
)
def test_a_decoder_with_attention_looks_before_each_step(
    cell: Cell, attention: Literal["additive", "dot"], bidirectional: bool
) -> None:
    spec = RNN(cell=cell, hidden=5, embedding=3, attention=attention, bidirectional=bidirectional)
    network: Any = translator(spec)
    source, previous = sentences()
    found, looked = network(source, previous), network.attention(source, previous)
    w = network.state_dict()
    for i, length in enumerate(LENGTHS):
        states = encoded(network, cell, source[i, :length], bidirectional)
        symbols = w["decoder.symbols1.weight"][previous[i]]
        answered, weights = attended(network, cell, states, symbols)
        close(found[i], answered @ w["decoder.linear1.weight"].T + w["decoder.linear1.bias"])
        close(looked[i, 0, :, :length], weights)


@pytest.mark.parametrize("attention", ["none", "additive"])
def test_deeper_decoders_read_the_states_of_the_layer_before(
    attention: Literal["none", "additive"],
) -> None:
    network = translator(RNN(hidden=5, embedding=3, depth=2, attention=attention))
    *_, below, second, linear = network.decoder.values()
    given: list[Tensor] = []
    below.register_forward_hook(lambda module, inputs, output: given.append(output))
    source, previous = sentences()
    found = network(source, previous)
    (name,) = (name for name, module in network.named_modules() if module is second)
    for i, states in enumerate(given[0]):
        close(found[i], linear(run(cell_of(network, name, "gru"), states)))
