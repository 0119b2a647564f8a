"""The `data:` section of a config, of data of a user's own of every kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from structbench.data.own.content import Content
from structbench.data.own.places import files_of, is_named, named_places, open_data, remember
from structbench.data.own.readers import kind_at
from structbench.data.spec import DataSpec
from structbench.errors import ConfigError, nearest
from structbench.problem import Kind

OWN = "own"
NAME_THEM = "data of your own are named on the command line: --data PATH"


class OwnSpec(DataSpec):
    """Which examples of one's own are learned from and tested on.

    Each class ends with a field `content`, so that all other fields are known when the data are
    looked at.
    """

    name: Literal["own"]
    """Data that the command line names: --data PATH."""
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the examples that is tested on where the data have no test part: one stratified
    split, the same for every seed and model; examples that are the same are on one side."""

    decides: ClassVar[tuple[str, ...]] = ("test_share",)
    """The fields that decide what is found."""

    if TYPE_CHECKING:  # declared last in each class

        @property
        def content(self) -> Any:
            """What was found in the files."""

    @classmethod
    @abstractmethod
    def found(cls, sha256: str, options: Mapping[str, Any]) -> Content:
        """What the data of this SHA-256 hold. options: the fields that decide it

        DataError where they cannot be read
        """

    @model_validator(mode="before")
    @classmethod
    def _was_read_so(cls, value: Any) -> Any:
        """Without `kind`, which says how to read what the command line names."""
        if isinstance(value, dict):
            return {key: of for key, of in value.items() if key != "kind"}
        return value

    @field_validator("content", mode="before", check_fields=False)
    @classmethod
    def _as_it_lies(cls, value: Any, info: ValidationInfo) -> Any:
        """As it was written down; where nothing was, what is found in the data that were named."""
        said = value.model_dump() if isinstance(value, Content) else value
        if not isinstance(said, dict) or not isinstance(said.get("sha256"), str):
            raise ValueError(NAME_THEM)
        if len(said) > 2:
            return said
        # No more than what was named.
        if not is_named(sha256 := said["sha256"]):
            raise ValueError(f"{NAME_THEM} (SHA-256 {sha256})")
        if all(key in info.data for key in cls.decides):
            return cls.found(sha256, info.data)
        # What is wrong with the other fields is said; of this one nothing is, as of a default
        # that depends on others.
        raise PydanticCustomError("default_factory_not_called", "it needs the other fields")

    @model_validator(mode="after")
    def _only_what_counts(self) -> Self:
        """What means nothing for these data is left at its default, so that one experiment has one
        name; the model is not frozen until it is validated."""
        for key in self._meaningless():
            self.__dict__[key] = type(self).model_fields[key].default
        return self

    def _meaningless(self) -> Iterator[str]:
        """The fields that say nothing of these data."""
        if self.content.test_part:
            yield "test_share"

    @property
    def called(self) -> str:
        """With the beginning of what names them: others are called so, too."""
        return f"own data {self.content.sha256[:8]}"

    @property
    def _whole(self) -> str:
        return "these data"

    def __getstate__(self) -> dict[Any, Any]:
        """With where the data lie, which is a part of neither their JSON nor of what they are."""
        sha256 = self.content.sha256
        return {**super().__getstate__(), "place": named_places().get(sha256)}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        if place := state["place"]:
            remember({self.content.sha256: place})


def look_again(section: Any) -> None:
    """Let what is written down of data that are named here be found anew: what a `data:` section
    asks besides may be another thing by now."""
    said = section.get("content") if isinstance(section, dict) else None
    if isinstance(said, dict) and is_named(str(said.get("sha256"))):
        section["content"] = {key: said[key] for key in ("kind", "sha256") if key in said}


def take_data(section: dict[str, Any], path: str | Path) -> None:
    """Put what lies at a path in place of the data set that a `data:` section names.

    DataError where nothing can be read there; ConfigError where the section wants other data
    """
    asked = section.pop("kind", None)
    if asked not in (None, *get_args(Kind)):
        raise ConfigError(
            f"data.kind: unknown kind {asked!r}; {nearest(str(asked), get_args(Kind))}"
        )
    said = section.get("content")
    wanted = said if isinstance(said, dict) else {}
    sha256 = open_data(path)
    if wanted.get("sha256") not in (None, sha256):
        raise ConfigError(
            f"--data {path}: its SHA-256 is {sha256}, and the config is for {wanted['sha256']}"
        )
    kind = kind_at(files_of(sha256), asked or wanted.get("kind"))
    section["name"] = OWN
    section["content"] = {"kind": kind, "sha256": sha256}
