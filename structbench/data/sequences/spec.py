"""The `data:` section of a config, of sentences and their translations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from structbench.data import DATASETS
from structbench.data.alterations import read_condition
from structbench.data.sequences.numbers import Numbers
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
