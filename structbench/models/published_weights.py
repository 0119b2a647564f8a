"""Weights that a library publishes: found in its own cache, or downloaded there by its own means.

What is in a cache is checked against the SHA-256 that its name carries: a download that was cut
short is not used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from structbench.errors import ConfigError, DataError, notice
from structbench.machine.network import patience
from structbench.models.weights import digest_of

Library = Literal["torchvision", "timm"]

_WHO = {"User-Agent": "torch.hub"}
# Seconds to wait for a word from a server.
PATIENCE = 5
# The files of a repository that timm looks for, the first that there is.
_HUB_FILES = ("model.safetensors", "pytorch_model.bin")
# So many digits of a SHA-256 and more are no chance in a name.
_FEWEST_DIGITS = 8


def published_file(library: Library, network: str) -> Path:
    """The file of a network's published weights, checked; downloaded if it is not there.

    ConfigError where there are none, DataError where they are damaged or out of reach.
    """
    return _of_torchvision(network) if library == "torchvision" else _of_timm(network)


def _of_torchvision(network: str) -> Path:
    from torchvision.models import get_model_weights

    return _in_torchs_cache(get_model_weights(network).DEFAULT.url)


def _of_timm(network: str) -> Path:
    from timm.models import get_pretrained_cfg

    known: Any = get_pretrained_cfg(network)
    if known and known.hf_hub_id:
        files = (known.hf_hub_filename,) if known.hf_hub_filename else _HUB_FILES
        return _in_hubs_cache(known.hf_hub_id, files)
    if known and known.url:
        return _in_torchs_cache(known.url)
    raise ConfigError(f"timm publishes no weights of {network}: leave weights out")


def _in_torchs_cache(url: str) -> Path:
    """Where torch.hub keeps what it downloads; the name ends in digits of the SHA-256."""
    from torch.hub import HASH_REGEX, get_dir

    folder = Path(get_dir()) / "checkpoints"
    file = folder / Path(urlparse(url).path).name
    found = HASH_REGEX.search(file.name)
    digits = found.group(1) if found and len(found.group(1)) >= _FEWEST_DIGITS else ""
    if not file.exists():
        _download(url, file, digits)
    _require_digits(file, digits)
    return file


def _download(url: str, file: Path, digits: str) -> None:
    """By torch.hub, which writes aside and renames when all is there and is right."""
    from torch.hub import download_url_to_file

    try:
        with patience(PATIENCE):
            urlopen(Request(url, headers=_WHO)).close()  # so that nothing is begun offline
            notice(f"downloading {url} to {file}")
            file.parent.mkdir(parents=True, exist_ok=True)
            download_url_to_file(url, str(file), digits or None, progress=sys.stderr.isatty())
    except (OSError, RuntimeError, EOFError) as error:
        raise _out_of_reach(file.name, file.parent, url, error) from None


def _in_hubs_cache(hub_id: str, files: tuple[str, ...]) -> Path:
    """Where huggingface_hub keeps a file: a link to a blob that is called by its SHA-256."""
    from huggingface_hub import constants, try_to_load_from_cache

    repository, _, revision = hub_id.partition("@")
    for file in files:
        found = try_to_load_from_cache(
            repository, file, constants.HF_HUB_CACHE, revision=revision or None
        )
        if isinstance(found, str):
            break
    else:
        found = _from_hub(repository, files, revision or None)
    path = Path(found)
    blob = path.resolve()
    if len(blob.name) == 64:
        _require_digits(blob, blob.name)
    return path


def _from_hub(repository: str, files: tuple[str, ...], revision: str | None) -> str:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    cache, reason = Path(constants.HF_HUB_CACHE), Exception("it is not there")
    for file in files:
        url = hf_hub_url(repository, file, revision=revision)
        try:
            # Without this the download tries again for half a minute where there is no network.
            get_hf_file_metadata(url, timeout=PATIENCE)
            notice(f"downloading {url} to {cache}")
            return str(hf_hub_download(repository, file, revision=revision, cache_dir=cache))
        except LocalEntryNotFoundError as error:
            raise _out_of_reach(file, cache, url, error) from None
        except EntryNotFoundError:
            continue
        except Exception as error:  # of whichever library for HTTP it uses
            raise _out_of_reach(file, cache, url, error) from None
    raise _out_of_reach(" or ".join(files), cache, repository, reason)


def _require_digits(file: Path, digits: str) -> None:
    if not digest_of(file).startswith(digits):
        raise DataError(f"{file} is damaged, or was not downloaded to its end: delete it")


def _out_of_reach(name: str, folder: Path, url: str, error: Exception) -> DataError:
    reason = next(iter(str(getattr(error, "reason", error)).splitlines()), type(error).__name__)
    return DataError(
        f"imagenet weights: {name} is not in {folder}, and cannot be had from {url} ({reason})"
    )
