"""What all data sets of a user's own have in common: they are known by what was found in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from structbench.data.examples import Dataset
from structbench.data.own.content import Content
from structbench.data.own.places import files_of
from structbench.errors import DataError


@dataclass(frozen=True, kw_only=True)
class OwnDataset(Dataset):
    """A data set of a user's own: what was found, and the share that is tested where nothing says
    which are."""

    content: Content
    test_share: float

    def digest(self, folder: Path) -> str:
        files_of(self.content.sha256)
        return self.content.sha256


def require_as_found(said: Content, found: Content) -> None:
    """DataError where the same files are read otherwise than they were."""
    if said != found:
        raise DataError(
            "these data are read otherwise than they were: by another version of a library, or "
            "what the config says of their content was altered"
        )
