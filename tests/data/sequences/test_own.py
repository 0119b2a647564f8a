"""Sentences of a user's own: how they are read, split and made into symbols."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench import load_experiment
from structbench.data.examples import UNANSWERABLE
from structbench.data.own import limits, split
from structbench.data.own.files import files_at
from structbench.data.own.parts import JOINED, VALIDATION_TESTED
from structbench.data.own.read import OwnPairs
from structbench.data.own.readers import kind_at
from structbench.data.sequences.dataset import SequenceDataset
from structbench.data.sequences.own import OwnSequences
from structbench.data.sequences.readers import read_pairs, sees_pairs
from structbench.data.sequences.spec import OwnSequenceSpec
from structbench.errors import ConfigError, DataError
from structbench.problem import UNKNOWN

NOWHERE = Path("nowhere")
COLOURS = ("red", "green", "blue", "grey", "brown")
THINGS = ("house", "tree", "dog", "sea")
FRENCH = ("ro", "vert", "bleu", "gris", "brun", "maison", "arbre", "chien", "mer")
TRANSLATED = dict(zip((*COLOURS, *THINGS), FRENCH, strict=True))
LINES = [
    f"The {c} {t}, no {n}.\t{TRANSLATED[t]} {TRANSLATED[c]}, n° {n}."
    for n, (c, t) in enumerate((c, t) for c in COLOURS for t in THINGS)
]


def table(folder: Path, lines: list[str], name: str = "pairs.tsv", **how: Any) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding=how.get("encoding", "utf-8"), newline="")
    return path


def described(path: Path, *overrides: str) -> OwnSequenceSpec:
    data = load_experiment("transformer", overrides, data=path).data
    assert isinstance(data, OwnSequenceSpec)
    return data


def read(path: Path) -> OwnPairs:
    files = files_at(path)
    assert sees_pairs(files)
    return read_pairs(files, {})


def texts(pairs: OwnPairs) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return pairs.sources, pairs.answers


def test_pairs_come_back_from_the_cache(tmp_path: Path) -> None:
    table(tmp_path, ["Source\tTarget", *LINES[:15]], "train.tsv")
    table(tmp_path, LINES[15:], "test.tsv")
    whole, single = read(tmp_path), read(table(tmp_path / "one", LINES))
    for pairs in (whole, single):
        again = OwnPairs.of_parts(pairs.parts)
        assert texts(again) == texts(pairs) == texts(single)
        assert again.told == pairs.told
        assert (again.tested is None) == (pairs is single)
    assert whole.tested is not None
    assert whole.tested.tolist() == [False] * 15 + [True] * 5


def test_what_lies_there_is_read_however_it_was_saved(tmp_path: Path) -> None:
    plain = read(table(tmp_path, LINES))
    assert (plain.sources[5], plain.answers[5]) == (
        "The green tree, no 5.", "arbre vert, n° 5.",
    )  # fmt: skip
    assert (plain.tested, plain.told) == (None, ())
    crlf = table(tmp_path, [f" {line}\r" for line in LINES] + ["", ""], "crlf.TXT")
    crlf.write_bytes("\N{BYTE ORDER MARK}".encode() + crlf.read_bytes())
    assert texts(read(crlf)) == texts(plain)
    folder = tmp_path / "folder"
    table(folder, LINES)
    assert texts(read(folder)) == texts(plain)
    decomposed = read(table(tmp_path, ["e\u0301te\u0301\tsum\u00admer", "a\tb"], "nfd.tsv"))
    assert (decomposed.sources[0], decomposed.answers[0]) == ("été", "summer")


def test_quotation_marks_are_signs_like_others(tmp_path: Path) -> None:
    found = read(table(tmp_path, ['"No\t«Non', 'he said "no"\til dit «non»']))
    assert found.sources == ('"No', 'he said "no"')


def test_a_header_and_further_columns_are_told(tmp_path: Path) -> None:
    lines = ["Source\tTarget\tLicence", *(f"{line}\tCC-BY" for line in LINES)]
    found = read(table(tmp_path, lines))
    assert len(found.sources) == len(LINES)
    assert found.told == (
        "the first line of the file is a header, no pair: Source and Target",
        "the file has 3 columns; the first two are read",
    )


def test_a_test_part_is_a_file_of_its_own(tmp_path: Path) -> None:
    table(tmp_path / "d", LINES[:15], "train.tsv")
    table(tmp_path / "d", [LINES[0].upper(), *LINES[15:]], "test.tsv")
    table(tmp_path / "d", ["more\tinput"], "valid.tsv")
    table(tmp_path / "d", LINES, "all.txt")
    data = described(tmp_path / "d")
    assert (data.content.train_examples, data.content.test_examples) == (16, 6)
    test = data.load(NOWHERE, 0).test
    assert test.rows.tolist() == list(range(16, 22))
    assert test.notices == (
        JOINED,
        "all.txt is not read",
        "1 of 6 test sentences are also among those to learn from",
        "6 of 6 sentences have a symbol that was never trained on",
    )


def test_a_validation_part_is_tested_on_where_there_is_no_other(tmp_path: Path) -> None:
    table(tmp_path / "d", LINES[:15], "Training.tsv")
    table(tmp_path / "d", LINES[15:], "dev.tsv")
    data = described(tmp_path / "d")
    assert (data.content.train_examples, data.content.test_examples) == (15, 5)
    assert VALIDATION_TESTED in data.load(NOWHERE, 0).test.notices
    table(tmp_path / "d", LINES[:2], "valid.tsv")
    with pytest.raises(DataError, match=r"both dev\.tsv and valid\.tsv are the validation part"):
        described(tmp_path / "d")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([*LINES[:3], "", *LINES[3:], ""], r"pairs\.tsv:4: an empty line; a line is a sentence"),
        ([*LINES, "one", "two"], r"pairs\.tsv:21: no tab \(2 lines are no pairs\)"),
        ([*LINES, "a\t \u200b"], r"pairs\.tsv:21: no translation;"),
        ([*LINES, " \tb"], r"pairs\.tsv:21: no sentence;"),
        ([*LINES, "a\tb\tc"], r"pairs\.tsv:21: 3 columns where most lines have 2;"),
        ([f"{i}\t{line}\t7" for i, line in enumerate(LINES)], r"first column has numbers and no"),
        (["source\ttarget"], r"pairs\.tsv has no pair"),
        (["a\tb"] * 9, r"pairs\.tsv: 9 examples, 1 of them different, are too few"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, lines: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told) as error:
        described(table(tmp_path, lines))
    assert "\n" not in str(error.value)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pairs\.tsv:1: not UTF-8 text; save it as UTF-8"):
        described(table(tmp_path, LINES, encoding="utf-16"))
    latin = tmp_path / "latin.tsv"
    latin.write_bytes("\n".join([*LINES, "été\tété"]).encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.tsv:1: not UTF-8"):
        described(latin)


@pytest.mark.parametrize(
    "lines",
    [
        ["1\t2\t3"] * 30,
        ["cat\t0.1\t1e-3\t-4"] * 30,
        ["label\t" + "\t".join("abcdef")] * 3,
        ["a,b"] * 3,
        [""],
    ],
)
def test_other_tables_are_not_seen(tmp_path: Path, lines: list[str]) -> None:
    path = table(tmp_path, lines)
    assert not sees_pairs(files_at(path))
    with pytest.raises(DataError, match=r"is none of: .*sentences"):
        kind_at(files_at(path), "sequence")


@given(st.data())
def test_whatever_lies_there_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzzed"
    folder.mkdir(exist_ok=True)
    content = bytearray("\n".join(LINES).encode())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b"\t", b"\n", b"\r", b"\0", b"\x1b"]))
        )
    other = data.draw(st.one_of(st.none(), st.binary(max_size=60)))
    path = folder / "pairs.tsv"
    path.write_bytes(bytes(content) if other is None else other)
    tokens, told = data.draw(st.sampled_from(["words", "characters"])), "nothing"
    try:
        found = described(path, f"data.tokens={tokens}")
    except (DataError, ConfigError) as error:
        told = str(error)
    else:
        loaded = found.load(NOWHERE, 0)
        assert len(loaded.train) == found.content.train_examples > 0
        assert len(loaded.test) == found.content.test_examples > 0
    assert told.isprintable()


sources = st.lists(st.sampled_from(["a", "A", "b", "c d", "C d", "e", "f"]), min_size=1)


@given(sources, st.floats(0.05, 0.9))
def test_the_same_sentence_is_on_one_side(of: list[str], share: float) -> None:
    first: dict[str, int] = {}
    groups = np.array([first.setdefault(text.casefold(), i) for i, text in enumerate(of)])
    try:
        tested = split.tested_of(np.zeros(len(of), np.int64), groups, share)
    except DataError:
        return
    assert 0 < tested.sum() < len(of)
    assert not set(groups[tested]) & set(groups[~tested])


def test_sentences_that_differ_in_capitals_are_split_together(tmp_path: Path) -> None:
    lines = [f"{s} x{i}\t{i} {s}" for i in range(40) for s in ("no", "NO", "No")]
    data = described(table(tmp_path, [*lines, *lines[:6], "no x1\tother"]))
    train, test = data.dataset.read(NOWHERE)
    texts, answers = data.dataset.texts(NOWHERE)
    assert (len(texts), texts[0], answers[-1]) == (127, "no x0", "other")
    assert {texts[i].lower() for i in train.rows}.isdisjoint(texts[i].lower() for i in test.rows)
    assert test.notices[:2] == train.notices[:2] == (
        "6 of 127 pairs are copies of others",
        "3 of 127 sentences have other translations too, of which one is right at a time",
    )  # fmt: skip


@pytest.mark.parametrize("tokens", ["words", "characters", "bpe"])
def test_symbols_are_those_of_what_is_learned_from(tmp_path: Path, tokens: str) -> None:
    data = described(table(tmp_path, LINES), f"data.tokens={tokens}", "data.test_share=0.3")
    dataset = data.dataset
    assert isinstance(dataset, OwnSequences)
    (train, test), (texts, answers) = dataset.read(NOWHERE), dataset.texts(NOWHERE)
    source, answer = dataset.vocabularies(NOWHERE)
    assert dataset.problem(NOWHERE) == SequenceDataset.problem(dataset, NOWHERE)
    for row, symbols, labels in zip(train.rows, train.source, train.labels, strict=True):
        assert source.decoded(symbols.tolist()) == texts[row]
        assert answer.decoded(labels.tolist()) == answers[row]
    assert (train.source != UNKNOWN).all()
    if tokens == "words":
        assert source.words(source.encoded("The tree, no.")) == ["The", "tree", ",", "no", "."]
        assert source.unknown("tree; no: ¿no; Tree") == [";", ":", "¿", "Tree"]
        # Each number is there once, so that those of the test part are unknown.
        assert (test.source == UNKNOWN).any(axis=1).all()
        assert (test.labels[:, 0] == UNANSWERABLE).all()


def test_a_long_sentence_takes_no_places_of_the_others(tmp_path: Path) -> None:
    long, longer = (" ".join(["word"] * n) + "\tmot" for n in (150, 20_000))
    table(tmp_path, [*LINES[:15], long], "train.tsv")
    table(tmp_path, [*LINES[15:], longer], "test.tsv")
    data = described(tmp_path)
    assert data.problem.input_shape == (7,)
    assert data.train_examples == 15
    train, test = data.dataset.read(NOWHERE)
    assert (len(train), test.source.shape) == (15, (6, 7))
    assert test.cut.tolist() == [False] * 5 + [True]
    assert test.notices == (
        "1 of 16 sentences to learn from are left out: they have more than 100 symbols, or "
        "their translations 100 (data.longest_source, data.longest_answer)",
        "5 of 6 sentences have a symbol that was never trained on",
        "1 of 6 sentences have more symbols than there are places, or their answers have: they "
        "count as wrong",
    )
    assert described(tmp_path, "data.longest_source=200").problem.input_shape == (150,)


def test_places_that_nothing_fits_are_refused(tmp_path: Path) -> None:
    told = "no pair has room within longest_answer 2: the shortest sentence has 7 symbols, the sho"
    with pytest.raises(ConfigError, match=told):
        described(table(tmp_path, LINES), "data.longest_answer=2")


def test_places_that_fill_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 2048)
    told = r"20 sentences of up to 7 symbols .* take 2\.\d kB, more than 2\.0 kB: set smaller data"
    with pytest.raises(ConfigError, match=told):
        described(table(tmp_path, LINES))


def test_pieces_are_of_bpe_alone(tmp_path: Path) -> None:
    path = table(tmp_path, LINES)
    few, many = (described(path, "data.tokens=bpe", f"data.pieces={n}") for n in (30, 60))
    assert few.content.source_places > many.content.source_places
    assert described(path, "data.tokens=bpe").pieces == 4000
    assert described(path).pieces is None
    with pytest.raises(ConfigError, match=r"^--set data.pieces=9: .*pieces are of tokens: bpe$"):
        described(path, "data.pieces=9")


def test_conditions_of_numbers_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, LINES)
    told = "condition 'digits:3' is of the data set numbers alone"
    with pytest.raises(ConfigError, match=told):
        load_experiment("rnn", ['conditions=[clean, "digits:3"]'], data=path)
    _, _, test = described(path).dataset.split(NOWHERE, None, 0, None, 0)
    with pytest.raises(ConfigError, match=told):
        test.others(3)
