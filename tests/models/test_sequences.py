"""What holds of every family of sequences, whatever it is made of."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from structbench.data.spec import DataSpec
from structbench.experiment.schema import Experiment
from structbench.models import ModelSpec
from structbench.models.budget import fit_budget
from structbench.models.build import build, zeros
from structbench.models.counting import observe
from structbench.models.fnn import FNN
from structbench.models.rnn import RNN
from structbench.models.transformer import Transformer
from structbench.problem import BLANK, EMPTY, Problem
from tests.models.sequences import NUMBERS, SMALL, close, sentences, translator

ATTENTIVE = [
    RNN(cell="tanh", hidden=5, embedding=3, attention="additive"),
    RNN(cell="gru", hidden=5, embedding=3, attention="dot"),
    RNN(cell="lstm", hidden=5, embedding=3, attention="additive", bidirectional=True, depth=2),
    Transformer(heads=2, head_width=3, feed_forward=7),
    Transformer(heads=2, head_width=3, feed_forward=7, normalisation="after", depth=1),
    Transformer(heads=1, head_width=5, feed_forward=7, positions="sinusoidal"),
]
TRANSLATORS = [
    *ATTENTIVE,
    RNN(cell="tanh", hidden=5, embedding=3),
    RNN(cell="gru", hidden=5, embedding=3, bidirectional=True, depth=2),
    RNN(cell="lstm", hidden=5, embedding=3, depth=2),
]
OF_EACH = pytest.mark.parametrize("spec", TRANSLATORS, ids=str)

Counts = dict[str, tuple[int, int]]


def worked_out(spec: ModelSpec, problem: Problem) -> Counts:
    """Of each layer that has any: parameters and multiply-accumulates, as the table says."""
    rows = spec.layer_table(problem).rows
    found = {row.name: (row.parameters.value, row.macs) for row in rows}
    return {name: counts for name, counts in found.items() if any(counts)}


def counted(spec: ModelSpec, problem: Problem) -> Counts:
    """The same as the network was seen to do with sentences that fill all places."""
    places = sentences(problem.input_shape, problem)
    found = observe(build(spec, problem, 0), places)
    assert found.not_counted == ()
    assert found.output.shape == (1, *problem.output_shape)
    names = [row.name for row in spec.layer_table(problem).rows]
    parameters, macs = Counter[str](), Counter[str]()
    for row in found.rows:
        (layer,) = (name for name in names if f"{row.name}.".startswith(f"{name}."))
        parameters[layer] += row.parameters.value
        macs[layer] += row.macs
    return {name: (parameters[name], macs[name]) for name in parameters + macs}


PROBLEMS = [SMALL, Problem("sequence", (1,), 2, vocabulary=4, answer_length=2)]
RNNS = st.builds(
    RNN,
    cell=st.sampled_from(["tanh", "gru", "lstm"]),
    hidden=st.integers(1, 9),
    embedding=st.integers(1, 9),
    depth=st.integers(1, 3),
    bidirectional=st.booleans(),
    attention=st.sampled_from(["none", "additive"]),
) | st.builds(RNN, cell=st.sampled_from(["tanh", "gru", "lstm"]), attention=st.just("dot"))
TRANSFORMERS = st.builds(
    Transformer,
    heads=st.integers(1, 3),
    head_width=st.integers(1, 5),
    depth=st.integers(1, 2),
    feed_forward=st.integers(1, 9),
    dropout=st.sampled_from([0.0, 0.5]),
    positions=st.sampled_from(["learned", "sinusoidal"]),
    normalisation=st.sampled_from(["before", "after"]),
)
FNNS = st.builds(
    FNN,
    hidden=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    embedding=st.integers(1, 9),
    dropout=st.sampled_from([0.0, 0.5]),
)


@settings(max_examples=40)
@given(spec=RNNS | TRANSFORMERS | FNNS, problem=st.sampled_from(PROBLEMS))
def test_each_layer_counts_what_it_does(spec: ModelSpec, problem: Problem) -> None:
    assert counted(spec, problem) == worked_out(spec, problem)


def test_the_lectures_recurrent_networks_have_as_many_parameters() -> None:
    one = RNN(cell="tanh", hidden=256).layer_table(NUMBERS)
    assert one.parameters == 243_298
    assert {row.name: row.parameters.formula for row in one.rows if row.parameters.value} == {
        "source_embedding": "31·64",
        "encoder.recurrent1": "256·64 + 256·256 + 2·256",
        "decoder.symbols1": "34·64",
        "decoder.recurrent1": "256·320 + 256·256 + 2·256",
        "decoder.linear1": "256·34 + 34",
    }
    attentive = RNN(cell="tanh", hidden=208, attention="additive").layer_table(NUMBERS)
    assert attentive.parameters == 255_250
    looked = next(row for row in attentive.rows if row.name == "decoder.attentiverecurrent1")
    assert looked.text == "decoder: RNN 208 with additive attention"
    assert looked.parameters.formula == (
        "208·(64 + 208) + 208·208 + 2·208 + 208·208 + 208·208 + 208"
    )


@OF_EACH
def test_empty_places_behind_a_sentence_change_nothing(spec: ModelSpec) -> None:
    network = translator(spec)
    source, previous = sentences()
    together = network(source, previous)
    for i, length in enumerate((6, 2, 1, 4)):
        close(network(source[i : i + 1, :length], previous[i : i + 1]), together[i : i + 1])
    # Fewer places of the answer are its first ones: what comes later has no part in them.
    close(network(source, previous[:, :2]), together[:, :2])


@OF_EACH
def test_gradients_of_empty_places_are_zero(spec: ModelSpec) -> None:
    network = translator(spec)
    source, previous = sentences()
    embedded = []
    network.source_embedding.register_forward_hook(lambda *given: embedded.append(given[2]))
    network(source, previous).logsumexp(2).sum().backward(inputs=list(network.parameters()))
    assert isinstance(network.source_embedding, nn.Embedding)
    rows = network.source_embedding.weight.grad
    assert rows is not None
    assert (rows[EMPTY] == 0).all()
    assert (rows[source.unique()[1:]] != 0).any(1).all()
    assert embedded[0].shape == (*source.shape, network.source_embedding.embedding_dim)


@OF_EACH
def test_symbol_by_symbol_it_answers_as_all_at_once(spec: ModelSpec) -> None:
    network = translator(spec)
    source, previous = sentences()
    expected = network(source, previous)
    state = network.start(source)
    for place, symbol in enumerate(previous.unbind(1)):
        before = state
        logits, state = network.step(before, symbol)
        close(logits, expected[:, place])
        # One can go on from a state twice.
        close(network.step(before, symbol)[0], logits)


@pytest.mark.parametrize("spec", ATTENTIVE, ids=str)
def test_attention_is_shared_out_among_the_words(spec: ModelSpec) -> None:
    network: Any = translator(spec)
    source, previous = sentences()
    weights = network.attention(source, previous)
    heads = spec.heads if isinstance(spec, Transformer) else 1
    assert weights.shape == (4, heads, 4, 6)
    close(weights.sum(3), torch.ones_like(weights[..., 0]))
    nothing = (source == EMPTY)[:, None, None].expand_as(weights)
    assert (weights[nothing] == 0).all()
    assert (weights[~nothing] > 0).all()


@pytest.mark.parametrize("spec", [RNN(), FNN()], ids=str)
def test_a_network_that_does_not_attend_has_no_attention(spec: ModelSpec) -> None:
    assert not hasattr(build(spec, SMALL, 0), "attention")


@pytest.mark.parametrize("spec", [*TRANSLATORS, FNN()], ids=str)
def test_a_source_without_words_has_an_answer_too(spec: ModelSpec) -> None:
    network = build(spec, SMALL, 0).eval()
    assert network(*zeros(SMALL)).isfinite().all()
    source, previous = sentences((3, 0, 2))
    assert network(source, previous).isfinite().all()


@OF_EACH
def test_it_runs_in_bfloat16_too(spec: ModelSpec) -> None:
    network = translator(spec).float()
    source, previous = sentences()
    with torch.autocast("cpu", torch.bfloat16):
        answers = network(source, previous)
        first, _ = network.step(network.start(source), previous[:, 0])
    answers.float().logsumexp(2).sum().backward()
    exact = network(source, previous)
    torch.testing.assert_close(answers.float(), exact, rtol=0.05, atol=0.05)
    torch.testing.assert_close(first.float(), exact[:, 0], rtol=0.05, atol=0.05)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


COMPARED = [
    RNN(cell="tanh", hidden=256),
    RNN(cell="tanh", hidden=208, attention="additive"),
    Transformer(heads=4, head_width=24, feed_forward=192),
    FNN(hidden=(512, 128)),
]
OTHERS = Problem("sequence", (25,), classes=60, vocabulary=18, answer_length=30)


@pytest.mark.parametrize("spec", COMPARED, ids=str)
@pytest.mark.parametrize("problem", [NUMBERS, OTHERS], ids=["numbers", "others"])
def test_a_budget_scales_all_that_are_compared(spec: ModelSpec, problem: Problem) -> None:
    fitted = fit_budget("m", spec, problem, 250_000, 0.02)
    assert abs(fitted.layer_table(problem).parameters - 250_000) <= 5_000
    scaled = set(type(spec).widths)
    kept = {name: value for name, value in fitted if name not in scaled}
    assert kept == {name: value for name, value in spec if name not in scaled}


@pytest.mark.parametrize("spec", [RNN(), FNN()], ids=str)
def test_a_budget_leaves_what_images_do_not_use(spec: Any) -> None:
    fitted: Any = fit_budget("m", spec, Problem("image", (1, 28, 28), 10), 90_000, 0.02)
    assert fitted.embedding == spec.embedding
    assert fitted.hidden != spec.hidden


@pytest.mark.parametrize(
    ("spec", "kind", "told"),
    [
        (RNN(attention="dot"), "signal", "rnn: attention is for sequences; data has signals"),
        (RNN(embedding=8), "image", "rnn: embedding is for sequences; data has images"),
        (
            RNN(states="all"),
            "sequence",
            "rnn: states is for images and signals; data has sequences",
        ),
        (FNN(embedding=8), "signal", "fnn: embedding is for sequences; data has signals"),
        (
            Transformer(states="all"),
            "sequence",
            "transformer: states is for images and signals; data has sequences",
        ),
    ],
)
def test_an_option_of_other_kinds_is_refused(spec: ModelSpec, kind: Any, told: str) -> None:
    with pytest.raises(ValueError, match="is for") as caught:
        spec.require_used(kind, "data")
    assert str(caught.value) == told
    type(spec)().require_used(kind, "data")


def test_an_experiment_says_which_option_is_of_other_kinds() -> None:
    with pytest.raises(ValidationError) as caught:
        Experiment(model=RNN(attention="dot"), data=DataSpec(name="mnist1d"))
    (error,) = caught.value.errors()
    assert error["msg"].endswith(", rnn: attention is for sequences; mnist1d has signals")


def test_dot_attention_needs_states_of_one_width() -> None:
    with pytest.raises(ValueError, match="attention: dot needs states of the encoder as wide"):
        RNN(attention="dot", bidirectional=True)


@pytest.mark.parametrize(
    ("spec", "in_turn"),
    [
        (RNN(cell="tanh"), 13 + 13),
        (RNN(cell="gru", bidirectional=True, depth=2), 2 * 13 * 6 + 2 * 13 * 3),
        # To look over the states, five operations more in each step.
        (RNN(cell="tanh", attention="additive"), 13 + 13 * (1 + 5)),
        (Transformer(), 0),
        (FNN(), 0),
    ],
    ids=str,
)
def test_steps_of_recurrent_layers_wait_for_each_other(spec: ModelSpec, in_turn: int) -> None:
    assert spec.layer_table(NUMBERS).in_turn == in_turn


def test_to_the_fnn_another_order_of_the_places_is_the_same_task() -> None:
    """The network that answers permuted sentences so is made of the same numbers in other places:
    training cannot tell the two apart but for where its initial weights come to lie."""
    spec, order = FNN(hidden=(9,), embedding=3), torch.tensor([3, 0, 5, 1, 4, 2])
    network, other = (build(spec, SMALL, 0).double().eval() for _ in range(2))
    source, previous = sentences()
    source[source == BLANK] = BLANK + 1  # no word of a sentence is one
    weights = other.state_dict()
    of_places = weights["linear1.weight"].unflatten(1, (len(order), 3))
    weights["linear1.weight"] = of_places[:, order].flatten(1)
    weights["source_embedding.weight"][BLANK] = weights["source_embedding.weight"][EMPTY]
    other.load_state_dict(weights)
    permuted = torch.where(source == EMPTY, BLANK, source)[:, order]
    close(other(permuted, previous), network(source, previous))


@OF_EACH
def test_where_places_are_permuted_every_one_is_read(spec: ModelSpec) -> None:
    network = translator(spec)
    source, previous = sentences((6,))
    for place in range(source.shape[1]):
        with_blank, with_another = source.clone(), source.clone()
        with_blank[:, place], with_another[:, place] = BLANK, BLANK + 1
        assert not torch.equal(network(with_blank, previous), network(with_another, previous))
