"""The `data:` section of a config, of sentences and their translations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from structbench.data import DATASETS
from structbench.data.alterations import read_condition
from structbench.data.own.content import SequenceContent
from structbench.data.own.spec import OwnSpec
from structbench.data.sequences.numbers import Numbers
from structbench.data.sequences.own import OwnSequences, Symbols, Way, sequence_content
from structbench.data.sequences.pairs import Range, sizes
from structbench.data.sequences.speller import LARGEST_NUMBER, require_language
from structbench.data.spec import DataSpec, Name, default_data_folder
from structbench.errors import ConfigError
from structbench.options import Items


def _told(check: Callable[..., object]) -> AfterValidator:
    """A check that raises ConfigError, for a value of a config."""

    def checked(value: Any) -> Any:
        try:
            check(value)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return value

    return AfterValidator(checked)


Language = Annotated[str, _told(require_language)]
Number = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
# No number needs as many, even letter by letter.
Places = Annotated[int, Field(ge=1, le=1000)]
# A text of one's own has a hundred times as many different words as numbers have.
PIECES = 4000


def _of_bpe(pieces: int | None, info: ValidationInfo) -> int | None:
    """None where there are none, so that one experiment has one name."""
    bpe = info.data.get("tokens") == "bpe"
    if pieces and not bpe and "tokens" in info.data:
        raise ValueError("pieces are of tokens: bpe")
    return (pieces or PIECES) if bpe else None


Pieces = Annotated[int, Field(ge=2, le=100_000)]
Ends = Annotated[tuple[Number, Number], Items, _told(lambda ends: sizes(*ends))]


class SequenceSpec(DataSpec):
    """Which sentences are learned from and tested on, and what their symbols are."""

    describes: ClassVar[type[object]] = Numbers

    name: Name = "numbers"
    """The data set."""
    source: Language = "fr"
    """The language of the sentences, as its code: fr, es, zh, …"""
    answer: Language = "en"
    """The language that they are translated to."""
    numbers: Ends = (0, 999_999)
    """The smallest and the largest number that sentences are drawn from."""
    tokens: Literal["words", "characters", "bpe"] = "words"
    """What a symbol is: a word (in Chinese, Japanese and Korean a character), a character, or a
    piece of a word by byte-pair encoding."""
    longest_source: Places | None = None
    """Places of a sentence, in symbols; null: as many as the longest has."""
    longest_answer: Places | None = None
    """Places of an answer, in symbols without the end; null: as many as the longest has."""

    @property
    def dataset(self) -> Numbers:
        """The row of DATASETS, set up as is said here."""
        row = DATASETS[self.name]
        assert isinstance(row, Numbers)
        asked = Range(self.source, self.answer, *self.numbers)
        return row.set_up(asked, self.tokens, self.longest_source, self.longest_answer)

    @property
    def train_examples(self) -> int:
        """How many examples are learned from: only what there is room for."""
        if self.train_size or self.longest_source is self.longest_answer is None:
            return super().train_examples
        every, _ = self.dataset.read(default_data_folder())
        return len(every) - self.validation_size

    @property
    def _whole(self) -> str:
        low, high = self.numbers
        return f"{self.name} from {low:,} to {high:,}"

    def require(self, conditions: Sequence[str]) -> None:
        """ConfigError where there are too few examples to learn from or for a condition."""
        read = map(read_condition, conditions)
        self.dataset.require(default_data_folder(), self._sizes, read)


class OwnSequenceSpec(OwnSpec):
    """Which of one's own sentences are learned from and tested on, and what their symbols are."""

    name: Literal["own"]
    """Data that the command line names: --data PATH."""
    tokens: Way = "words"
    """What a symbol is: a word or a sign of punctuation (in Chinese, Japanese and Korean a
    character), a character, or a piece of a word by byte-pair encoding."""
    pieces: Annotated[Pieces | None, AfterValidator(_of_bpe)] = Field(
        default=None, validate_default=True
    )
    """Pieces that bpe makes at most, of each language; null: 4,000."""
    longest_source: Places = 100
    """Symbols of a sentence; with more it is not learned from, and counts as wrong when tested."""
    longest_answer: Places = 100
    """Symbols of a translation without the end; the same."""
    content: SequenceContent = Field(default=None, validate_default=True)
    """What was found in the files; StructBench writes it."""

    decides: ClassVar[tuple[str, ...]] = (
        "test_share", "tokens", "pieces", "longest_source", "longest_answer",
    )  # fmt: skip

    @classmethod
    def found(cls, sha256: str, options: Mapping[str, Any]) -> SequenceContent:
        keys = ("tokens", "pieces", "longest_source", "longest_answer")
        symbols = Symbols(*(options[key] for key in keys))
        return sequence_content(sha256, symbols, options["test_share"])

    @property
    def dataset(self) -> OwnSequences:
        """The sentences, as they were found."""
        content = self.content
        symbols = Symbols(self.tokens, self.pieces, self.longest_source, self.longest_answer)
        return OwnSequences(
            name=self.name, licence="", source="data of your own",
            train_examples=content.train_examples, test_examples=content.test_examples,
            content=content, symbols=symbols, test_share=self.test_share,
        )  # fmt: skip

    def require(self, conditions: Sequence[str]) -> None:
        """ConfigError where a condition is of other data."""
        read = map(read_condition, conditions)
        tested = self.test_size or self.content.test_examples
        self.dataset.require_conditions(default_data_folder(), read, tested)
