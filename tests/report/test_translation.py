"""What is shown of networks that translate, made by hand: no network is trained here."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from structbench.data.alterations import Alteration, Argument
from structbench.data.conditions import CONDITIONS
from structbench.data.examples import PADDING, UNANSWERABLE
from structbench.errors import RunFolderError
from structbench.outcome import NO_NUMBER, Outcome
from structbench.problem import BLANK, EMPTY, END, UNKNOWN
from structbench.report.exhibits import exhibits
from structbench.report.exhibits.alignments import Aligned, alignments
from structbench.report.exhibits.gradients_in_time import gradients_in_time, verdict
from structbench.report.exhibits.lengths import by_length, pooled
from structbench.report.exhibits.sentences import (
    answer_text,
    answer_words,
    marked,
    source_lengths,
)
from structbench.report.exhibits.translations import SENTENCES, answer_cell, translations
from structbench.report.exhibits.word_errors import edit_distances, word_errors
from structbench.report.figures.alignment import attention, draw_alignment
from structbench.report.figures.gradients import Norms, gradient_norms
from structbench.report.figures.style import CaptionedFigure, png, svg
from structbench.report.page import page
from structbench.report.sections import sections
from structbench.statistics import wilson
from tests.made import HOSTILE, made_sources
from tests.made_sentences import (
    ENGLISH,
    FRENCH,
    PLACES,
    Made,
    Sentences,
    Words,
    attended,
    decaying,
    made_translations,
    translator,
)

CLEAN = Sentences.drawn([length for length in (3, 5, 7) for _ in range(60)])
SHORT = Sentences.drawn([2] * 180, seed=1)
BOTH = {"clean": CLEAN, "digits:2": SHORT}
KEPT = (0, 70, 130, 171)


def errs(sentences: Sentences, rate: float, seed: int) -> NDArray[np.bool_]:
    """Longer ones more often."""
    chance = rate * source_lengths(sentences.sources) / 7
    wrong: NDArray[np.bool_] = np.random.default_rng(seed).random(len(chance)) < chance
    return wrong


def network(name: str, rate: float, seed: int, **tensors: NDArray[Any]) -> Outcome:
    wrong = {condition: errs(of, rate, seed) for condition, of in BOTH.items()}
    return translator(name, seed, BOTH, wrong, **tensors)


def made(seeds: int = 3, attending: str = "attention") -> Made:
    """Three models: one attends, one has several heads, one does neither."""
    found = {
        attending: [
            network("a", 0.1, s, **attended(CLEAN, KEPT, 1), **decaying(0.6, 0.9))
            for s in range(seeds)
        ],
        "transformer": [
            network("t", 0.2, s + 9, **attended(CLEAN, KEPT, 4), **decaying(1.0, 3.0))
            for s in range(seeds)
        ],
        "rnn": [network("r", 0.9, s + 99, **decaying(0.4, 0.5)) for s in range(seeds)],
    }
    renamed = {name: [_of_seed(o, s) for s, o in enumerate(group)] for name, group in found.items()}
    return made_translations(renamed, BOTH, "rnn")


def _of_seed(outcome: Outcome, seed: int) -> Outcome:
    changed = {"seed": seed, "run": f"{outcome.summary.model}-s{seed}"}
    return replace(outcome, summary=outcome.summary.model_copy(update=changed))


def with_tensors(made: Made, name: str, **tensors: NDArray[Any] | None) -> Made:
    """Where the first run of a model has kept other arrays; None: not this one."""
    comparison, material = made
    run, outcome = material.first[name]
    known = {**outcome.tensors, **tensors}
    changed = replace(outcome, tensors={k: v for k, v in known.items() if v is not None})
    material.store.outcomes[outcome.summary.run] = changed  # type: ignore[attr-defined]
    return comparison, replace(material, first={**material.first, name: (run, changed)})


def test_a_page_of_sentences_shows_all_that_there_is_to_see() -> None:
    shown = {section.name: section for section in exhibits(*made())}
    assert list(shown) == ["words", "length", "gallery", "alignments", "gradients"]
    assert {name: list(section.figures) for name, section in shown.items()} == {
        "words": [], "length": ["error_by_length"], "gallery": [],
        "alignments": ["alignments_1", "alignments_2"], "gradients": ["gradients"],
    }  # fmt: skip
    said = " ".join(
        [s.text for s in shown.values()]
        + [t.note for s in shown.values() for t in (*s.tables, *s.folded)]
        + [f.caption for s in shown.values() for f in s.figures.values()]
    )
    assert "class" not in said.replace("misclassification", "")
    assert "image" not in said


def same(sentences: Sentences, *_: object) -> Sentences:
    """As they are."""
    return sentences


def test_the_page_says_what_an_error_and_a_loss_are(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"clean": Alteration(same), "digits": Alteration(same, (Argument("N", 1, 9),))}
    monkeypatch.setitem(CONDITIONS, "sequence", known)
    comparison, material = made()
    shown = exhibits(comparison, material)
    html = page(comparison, sections(comparison, made_sources(comparison, shown)))
    assert "test examples misclassified: a sentence is right where every symbol" in html
    assert "Mean cross-entropy of a symbol of the right answers" in html
    assert "training loss: mean cross-entropy of a symbol" in html
    assert re.search(r"<mark>\[[a-z …]+\]</mark>", html)
    assert "misclassification of 180 test examples, clean" in html, "not what is altered"
    for figure in (figure for section in shown for figure in section.figures.values()):
        assert figure.caption.endswith(".")
        assert figure.alt


def test_words_wrong_stand_beside_sentences_wrong() -> None:
    comparison, material = made()
    (table,) = word_errors(comparison, material).tables
    assert table.columns[2:] == ("sentences wrong", "words wrong")
    (first, *_), outcome = table.rows, material.first["attention"][1]
    wrong = [
        material.store.read(run)[1].wrong("clean") for run in comparison.models["attention"].runs
    ]
    words = source_lengths(CLEAN.sources).sum()
    rates = [w.sum() / words for w in wrong]  # each wrong sentence has one wrong word
    assert first[:2] == ("clean", "attention")
    assert first[3] == f"{100 * np.mean(rates):.2f} ± {100 * np.std(rates, ddof=1):.2f} %"
    assert f"clean: 180 sentences, {words:,} words of right answers" in table.note
    assert "mean ± standard deviation over 3 seeds" in table.note
    assert outcome.summary.examples["clean"] == 180
    (of_one,) = word_errors(*made(seeds=1)).tables
    assert "±" not in f"{of_one.rows}{of_one.note}"


def test_sentences_without_a_right_answer_are_left_out_of_the_words() -> None:
    labels = CLEAN.labels.copy()
    labels[:3, 0] = UNANSWERABLE
    sentences = {"clean": replace(CLEAN, labels=labels)}
    none = np.zeros(len(labels), np.bool_)
    outcome = translator("a", 0, sentences, {"clean": none})
    found = outcome.predictions["clean"]
    impossible = np.where(found.predicted == UNANSWERABLE, 1, found.predicted)
    outcome = replace(outcome, predictions={"clean": replace(found, predicted=impossible)})
    made = made_translations({"a": [outcome]}, sentences)
    (table,) = word_errors(*made).tables
    assert table.rows[0][3] == "0.00 %"
    assert "177" not in table.note
    assert "180 sentences" in table.note
    assert "without 3 sentences whose right answer no network can give" in table.note
    assert not any("no number" in str(t.rows) for t in translations(*made).tables)


symbols = st.lists(st.sampled_from([NO_NUMBER, 1, 2, 3, 4]), max_size=5)


def plain_distance(a: list[int], b: list[int]) -> int:
    """Wagner and Fischer's table, cell by cell."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            replaced = table[i - 1, j - 1] + (x != y)
            table[i, j] = min(replaced, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return table[len(a), len(b)]


def padded(answer: list[int], whole: bool) -> list[int]:
    """With its end and padding, or with an end that has no room."""
    return (answer + ([] if whole and len(answer) == 5 else [END]) + [PADDING] * 6)[:6]


@given(st.lists(st.tuples(symbols, symbols), min_size=1, max_size=4), st.booleans())
def test_edit_distances_are_those_of_the_plain_table(
    pairs: list[tuple[list[int], list[int]]], whole: bool
) -> None:
    given, right = (np.array([padded(pair[i], whole) for pair in pairs]) for i in (0, 1))
    assert edit_distances(given, right).tolist() == [plain_distance(a, b) for a, b in pairs]


def test_no_answers_have_no_distances() -> None:
    assert edit_distances(np.zeros((0, 4), np.int64), np.zeros((0, 4), np.int64)).shape == (0,)


def test_error_by_length_has_its_intervals_and_its_numbers() -> None:
    comparison, material = made()
    shown = by_length(comparison, material)
    (table,), figure = shown.folded, shown.figures["error_by_length"]
    assert [row[:2] for row in table.rows] == [("3", "60"), ("5", "60"), ("7", "60")]
    runs = comparison.models["rnn"].runs
    wrong = np.mean([material.store.read(run)[1].wrong("clean")[:60].mean() for run in runs])
    assert table.rows[0][-1].startswith(f"{100 * wrong:.2f} % (")
    for said in (table.note, figure.caption):
        assert "95 % t interval over 3 seeds" in said
    assert "clean: attention" in figure.alt
    assert "digits:2" not in figure.alt, "all are of one length"
    assert "for each seed" in figure.caption


def test_one_seed_has_wilsons_interval_over_the_sentences_of_a_length() -> None:
    comparison, material = made(seeds=1)
    shown = by_length(comparison, material)
    wrong = material.first["rnn"][1].wrong("clean")[:60]
    low, high = 100 * wilson(int(wrong.sum()), 60).low, 100 * wilson(int(wrong.sum()), 60).high
    assert shown.folded[0].rows[0][-1] == f"{100 * wrong.mean():.2f} % ({low:.2f} … {high:.2f} %)"
    assert "Wilson score interval over the sentences of a length" in shown.folded[0].note


def test_too_few_sentences_are_not_told_by_length() -> None:
    few = {"clean": Sentences.drawn([3, 4, 5, 6])}
    outcome = translator("a", 0, few, {"clean": np.zeros(4, np.bool_)})
    shown = by_length(*made_translations({"a": [outcome]}, few))
    assert not shown.figures
    assert "too few test sentences" in shown.text


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=80), min_size=1, max_size=3))
def test_pooled_lengths_cover_each_sentence_once(lengths: list[list[int]]) -> None:
    seeds = [np.array(of) for of in lengths]
    groups = pooled(seeds, least=5, most=6)
    assert len(groups) <= 6
    assert all(low <= high for low, high in groups)
    assert all(high < low for (_, high), (low, _) in pairwise(groups))
    for of in seeds:
        counts = [int(((low <= of) & (of <= high)).sum()) for low, high in groups]
        assert sum(counts) == len(of)
        assert min(counts) >= 5 or len(groups) == 1


def test_places_that_are_empty_or_blank_are_no_words() -> None:
    sources = np.array([[5, BLANK, UNKNOWN, EMPTY], [EMPTY] * 4])
    assert source_lengths(sources).tolist() == [2, 0]


def test_sentences_that_tell_networks_apart_have_all_answers() -> None:
    comparison, material = made()
    shown = translations(comparison, material)
    right = ~material.first["attention"][1].wrong("clean")
    wrong = material.first["rnn"][1].wrong("clean")
    found = int((right & wrong).sum())
    assert shown.heading == "Sentences that tell them apart"
    assert f"attention alone is right on {found} sentences" in shown.text
    assert len(shown.tables) == SENTENCES
    assert f"6 of the {found} test sentences of condition clean" in shown.tables[-1].note
    lengths = [len(table.title.split()) for table in shown.tables]
    assert lengths == sorted(lengths)
    assert set(lengths) == {3, 5, 7}
    for table in shown.tables:
        assert [row[0] for row in table.rows] == ["right answer", "attention", "transformer", "rnn"]
        assert table.rows[1][2] == table.rows[0][2], "attention is right"
        assert "[" in table.rows[3][2]


def test_wrong_words_are_marked_in_the_text_itself() -> None:
    assert str(answer_cell("a x b y", "a b c d")) == "a [x] b [y]"
    assert str(answer_cell("a b", "a b")) == "a b"
    assert str(answer_cell("a x y b", "a c b")) == "a [x y] b"
    assert str(answer_cell("a b", "a c b")) == "a […] b"
    assert str(answer_cell("", "a")) == "[…]"
    assert answer_cell("a x", "a b").parts == (("a", False), ("[x]", True))


def test_marks_leave_the_words_as_they_are() -> None:
    words = ["a", "b", "b", "c"]
    assert [word for word, _ in marked(words, ["b", "c", "d"]) if word != "…"] == words


def test_what_no_vocabulary_has_is_shown_as_none() -> None:
    english = Words(ENGLISH)
    answer = np.array([1, NO_NUMBER, 99, END, PADDING])
    assert answer_words(english, answer) == ["one", "no number", "no number"]
    assert answer_text(english, answer) == "no number"
    assert answer_text(english, np.array([END, PADDING])) == ""
    assert answer_text(english, np.array([2, 3])) == "two three", "an answer without its end"


def test_one_model_alone_shows_what_it_is_wrong_about() -> None:
    wrong = errs(CLEAN, 0.5, 0)
    outcome = translator("a", 0, {"clean": CLEAN}, {"clean": wrong})
    shown = translations(*made_translations({"a": [outcome]}, {"clean": CLEAN}))
    assert shown.heading == "Sure, and wrong"
    assert all("[" in table.rows[1][2] for table in shown.tables)
    none = translator("a", 0, {"clean": CLEAN}, {"clean": np.zeros(180, np.bool_)})
    shown = translations(*made_translations({"a": [none]}, {"clean": CLEAN}))
    assert not shown.tables
    assert shown.text == "There is no test sentence of condition clean that a gets wrong."


def test_networks_that_attend_are_drawn_and_the_others_named() -> None:
    comparison, material = made()
    shown = alignments(comparison, material)
    assert shown
    assert "rnn does not attend." in shown.text
    one, four = shown.figures.values()
    assert len(panels(one)) == 4
    assert len(panels(four)) == 2 * 4
    assert "answers 4 test sentences of condition clean. " in one.caption
    assert "2 test sentences of condition clean, a panel for each head" in four.caption
    assert "black is 0" in one.caption
    assert png(one).startswith(b"\x89PNG")


def panels(figure: CaptionedFigure) -> list[Any]:
    return [axes for axes in figure.axes if axes.images]


def test_where_places_are_permuted_each_weight_stays_at_its_word() -> None:
    order = np.random.default_rng(0).permutation(PLACES)
    source = np.where(CLEAN.sources == EMPTY, BLANK, CLEAN.sources)[:, order]
    kept = attended(CLEAN, [150], 1)
    kept["alignments"] = kept["alignments"][..., order]
    comparison, material = with_tensors(made(1), "attention", **kept)
    changed = replace(material, sources={**material.sources, "clean": source})
    shown = alignments(comparison.model_copy(update={"structure_removed": 1.0}), changed)
    assert shown
    figure = shown.figures["alignments_1"]
    (axes,) = panels(figure)
    weights = np.asarray(axes.images[0].get_array())
    words = Words(FRENCH).words(source[150].tolist())
    assert weights.shape[1] == PLACES
    assert [words[i] for i in weights[:7].argmax(axis=1)] == Words(FRENCH).words(
        CLEAN.sources[150, :7].tolist()
    )
    assert "condition clean, whose places were permuted." in figure.caption


def test_words_stand_at_their_cells() -> None:
    figure = attention(
        np.eye(2, 3, dtype=np.float32)[None], ["un", "deux", "trois"], ["one", "two"]
    )
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_xticklabels()] == ["un", "deux", "trois"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["one", "two"]
    assert np.array_equal(np.asarray(axes.images[0].get_array()), np.eye(2, 3))
    assert "one at un, two at deux" in figure.alt
    with pytest.raises(ValueError, match="are not of 1 answered words"):
        draw_alignment(axes, np.eye(2, dtype=np.float32), ["un", "deux"], ["one"])


def test_an_answer_without_words_has_no_picture() -> None:
    with pytest.raises(ValueError, match="are not of 0 answered words"):
        attention(np.zeros((1, 0, 2), np.float32), ["un", "deux"], [])


@pytest.mark.parametrize("places", [1, 20, 90])
def test_short_and_long_sentences_are_drawn(places: int) -> None:
    weights = np.full((1, places, places), np.nan, np.float32)
    figure = attention(weights, ["x" * 30] * places, [HOSTILE] * places)
    assert "<svg" in svg(figure, inline=True)
    assert len(figure.axes[0].get_xticks()) <= 40
    size = figure.get_size_inches()
    assert size[0] < 6
    assert size[1] < 20


def test_a_network_with_one_head_shows_the_longer_sentences() -> None:
    of = Aligned(np.arange(12), np.zeros((12, 1, 2, 2), np.float32))
    assert of.chosen(np.arange(12)) == [2, 5, 8, 11]
    many = Aligned(np.arange(12), np.zeros((12, 16, 2, 2), np.float32))
    assert many.chosen(np.arange(12)[::-1]) == [0]
    assert of.chosen(10 * np.arange(12)) == [11], "long ones are high"


def test_where_no_network_attends_there_is_no_section() -> None:
    outcome = translator("a", 0, {"clean": CLEAN}, {"clean": np.zeros(180, np.bool_)})
    made = made_translations({"a": [outcome]}, {"clean": CLEAN})
    assert alignments(*made) is None
    assert gradients_in_time(*made) is None
    empty = attended(CLEAN, (), 1)
    assert alignments(*with_tensors(made, "a", **empty)) is None


@pytest.mark.parametrize(
    "tensors",
    [
        {"alignments": np.zeros((4, 1, PLACES, PLACES - 1), np.float32)},
        {"alignments": np.zeros((4, PLACES, PLACES), np.float32)},
        {"alignments": np.zeros((4, 1, PLACES, PLACES), np.int64)},
        {"aligned": np.array([0, 1, 2, 180])},
        {"aligned": np.array([0, 1, 2, -1])},
        {"aligned": np.array([0.0, 1, 2, 3])},
        {"aligned": np.array([0, 1, 2])},
        {"aligned": None},
    ],
    ids=str,
)
def test_alignments_of_another_shape_are_refused(tensors: dict[str, NDArray[Any] | None]) -> None:
    with pytest.raises(RunFolderError, match="a-s0 is damaged: its array alig"):
        alignments(*with_tensors(made(1), "attention", **tensors))


def answering(symbol: int) -> list[list[str]]:
    """The words beside each panel of a network that answers with this alone."""
    comparison, material = made(1)
    run, outcome = material.first["attention"]
    found = outcome.predictions["clean"]
    nothing = np.full_like(found.predicted, PADDING)
    nothing[:, 0] = symbol
    silent = replace(outcome, predictions={"clean": replace(found, predicted=nothing)})
    shown = alignments(comparison, replace(material, first={"attention": (run, silent)}))
    assert shown
    drawn = [axes for figure in shown.figures.values() for axes in panels(figure)]
    return [[t.get_text() for t in axes.get_yticklabels()] for axes in drawn]


def test_an_empty_answer_is_its_end_and_none_at_all_is_not_drawn() -> None:
    assert answering(END) == [["(end)"]] * 4
    assert answering(PADDING) == []
    assert answering(NO_NUMBER) == [["[no number]"]] * 4


def test_the_gradient_is_said_by_its_rule_beside_the_lectures_sentence() -> None:
    shown = gradients_in_time(*made())
    assert shown
    lecture, new, trained = shown.findings
    assert "suffer from vanishing gradients for long sequences" in lecture
    assert "the gradient vanishes in rnn" in new
    assert "it neither vanishes nor explodes in attention and transformer" in new
    assert trained.startswith("Of trained networks nothing of the kind is said")
    (table,) = shown.tables
    rows = {row[:2]: row[2:] for row in table.rows}
    assert rows["new", "rnn"] == ("1", "0.0016", "7", "0.0016", "vanishing")
    assert "below a hundredth" in table.note
    assert "geometric means over 3 seeds" in table.note
    assert "n = 3" in shown.figures["gradients"].caption
    assert "new weights: attention 1 to" in shown.figures["gradients"].alt


def norms(*of: float) -> Norms:
    return Norms(range(len(of)), np.array([of]))


@pytest.mark.parametrize(
    ("far", "said"),
    [
        (0.0099, "vanishing"),
        (0.0101, "neither"),
        (99.0, "neither"),
        (101.0, "exploding"),
        (0.0, "vanishing"),
    ],
)
def test_the_rule_is_a_hundredth_and_a_hundred_times(far: float, said: str) -> None:
    assert verdict(norms(1.0, 5.0, far)) == said


def test_without_a_norm_at_the_last_word_nothing_is_said() -> None:
    assert verdict(norms(0.0, 1.0)) is None
    assert verdict(Norms([1, 2], np.array([[1.0, 1.0]]))) is None


def test_distances_of_few_sentences_and_norms_that_are_none_are_left_out() -> None:
    counts = np.array([100, 90, 20, 19, 3, 2, 1, 1])
    changed = with_tensors(made(1), "rnn", gradient_count=counts)
    values = np.array([1, np.nan, 0.5, 1, 1, 1, 1, 1], np.float32)
    shown = gradients_in_time(*with_tensors(changed, "rnn", gradient_trained=values))
    assert shown
    rows = {row[:2]: row for row in shown.tables[0].rows}
    assert rows["new", "rnn"][4] == "2"
    assert rows["trained", "rnn"][2:6] == ("1", "0.5", "2", "0.5")
    none = np.full(8, np.inf, np.float32)
    shown = gradients_in_time(
        *with_tensors(made(1), "rnn", gradient_new=none, gradient_trained=none)
    )
    assert shown
    assert shown.findings[-1] == "Of rnn no norms were kept."


def test_norms_of_another_shape_are_refused() -> None:
    with pytest.raises(RunFolderError, match="its array gradient_trained is float32"):
        gradients_in_time(*with_tensors(made(1), "rnn", gradient_trained=np.ones(3, np.float32)))
    with pytest.raises(RunFolderError, match="its array gradient_count is float64"):
        gradients_in_time(*with_tensors(made(1), "rnn", gradient_count=np.ones(8)))


def test_norms_along_layers_are_drawn_by_the_same_function() -> None:
    deep = Norms([1, 2, 3, 4], np.array([[1.0, 1e-10, 1e-30, 0.0]]))
    figure = gradient_norms({"new": {"plain": deep}}, "layer", ["residual", "plain"])
    assert "One seed" in figure.caption
    assert "What is below" in figure.caption
    assert "layer" in svg(figure, inline=True)
    assert "10⁻" in svg(figure, inline=True)


def test_any_name_of_a_model_is_text() -> None:
    shown = alignments(*made(1, attending=HOSTILE))
    assert shown
    figure = shown.figures["alignments_1"]
    assert HOSTILE in figure.caption
    assert "<img" not in svg(figure, inline=True)
