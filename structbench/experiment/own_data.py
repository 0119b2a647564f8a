"""Data of a user's own by themselves: what a config would be about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from structbench.data.own.spec import OwnSpec
from structbench.data.specs import AnyData
from structbench.experiment.load import build
from structbench.experiment.strict_yaml import Document
from structbench.options import Options


class _Alone(Options):
    """A config of data and nothing else."""

    data: AnyData


def load_own_data(path: str | Path, overrides: Sequence[str] = ()) -> OwnSpec:
    """What lies at a path, as a config would have it. overrides: texts `data.KEY=VALUE`

    ConfigError where an override is none of the data's, or the kind has to be said; DataError where
    nothing can be read there.
    """
    document = Document({}, {(): f"--data {path}"})
    return cast(OwnSpec, build(_Alone, document, overrides, path).data)
