"""Networks that may begin with weights that were trained before."""

from __future__ import annotations

import platform
from abc import abstractmethod
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError, DataError
from structbench.models.published_weights import Library, published_file
from structbench.models.torch_model import TorchModel
from structbench.models.weight_files import load_into, require_fit
from structbench.models.weights import IMAGENET, SHA256, Weights, digest_of, named_file, remember
from structbench.problem import Problem

if TYPE_CHECKING:
    from torch import nn

# What was seen to fit in this process: an experiment is asked for its weights at many points.
_fitting = set[tuple[str, str, Problem]]()


class Pretrained(TorchModel):
    """A network of a library's, as `body` of the module that `network` gives."""

    weights: Weights = None
    """What training begins with: null for chance, imagenet for what the library publishes, or on
    the command line a file, e.g. --set model.weights=FILE, whose SHA-256 then stands here."""

    @abstractmethod
    def published(self) -> tuple[Library, str]:
        """The library, and what it calls the network."""

    @abstractmethod
    def head(self, problem: Problem) -> Collection[str]:
        """The entries of the body's state_dict that depend on the number of classes."""

    @abstractmethod
    def weightless(self, problem: Problem) -> nn.Module:
        """The network on torch's meta device, where weights have a shape and no values."""

    def weights_digest(self, problem: Problem) -> str:
        """See ModelSpec; weights of another network are a ConfigError that names its layers."""
        if self.weights is None:
            return ""
        if self.weights == IMAGENET or named_file(self._digest):
            return digest_of(self._require_fit(problem))
        return self._digest  # of a run that is finished, perhaps: then nobody needs the file

    def start(self, network: nn.Module, problem: Problem) -> str:
        """See ModelSpec."""
        if self.weights is None:
            return ""
        file, body = self._file(), network.get_submodule("body")
        load_into(body, file, self.head(problem), self._name)
        digest = digest_of(file)
        whose = f"imagenet weights ({self._name}, " if self.weights == IMAGENET else "weights ("
        return f"began from {whose}sha256 {digest[:8]}…)"

    @property
    def _name(self) -> str:
        return " ".join(self.published())

    @property
    def _digest(self) -> str:
        return (self.weights or "").removeprefix(SHA256)

    def _file(self) -> Path:
        if self.weights == IMAGENET:
            return published_file(*self.published())
        file = named_file(self._digest)
        if file is None:
            raise ConfigError(
                f"{self.family} begins with weights {SHA256}{self._digest[:8]}…: name the file "
                "that holds them, --set model.weights=FILE"
            )
        if not file.is_file() or digest_of(file) != self._digest:
            what = "is not what it was when it was named" if file.exists() else "is not"
            raise DataError(f"the weights of {self.family}: {file} {what} on {platform.node()}")
        return file

    def _require_fit(self, problem: Problem) -> Path:
        file = self._file()
        key = (digest_of(file), self.model_dump_json(), problem)
        if key not in _fitting:
            require_fit(
                file, self.weightless(problem).get_submodule("body"), self.head(problem), self._name
            )
            _fitting.add(key)
        return file

    def __getstate__(self) -> dict[Any, Any]:
        """With where the file is, which is a part of neither its JSON nor of what it is."""
        return {**super().__getstate__(), "file": named_file(self._digest)}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        if file := state["file"]:
            remember(self._digest, file)
