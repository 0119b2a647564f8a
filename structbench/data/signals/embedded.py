"""MNIST-1D as the package carries it: one archive of numpy, checked when read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from structbench.data.packaged import digest_of, read_packaged, unpacked_arrays
from structbench.data.signals.examples import SignalDataset, SignalExamples

FILE = Path(__file__).parent / "mnist1d" / "mnist1d.npz"

# SHA-256 of the bytes of each array: how they are packed may vary.
SHA256 = {
    "x": "d53506bddd12d3b72c7153b1ae7f34807724b1dd078a7273809bf9d0792319f6",
    "y": "d97dc7aecec8ad6b5d8f143ba3e9c4bd7e25c420d7dfc2eb990591cfc0ed3e15",
    "x_test": "30addc43827c82aafa5db8bc97cea63349ca687e87db2f201cc4f5415d9a4ebd",
    "y_test": "8de99be3ff9dab15ae0dc072c3d6ced7cf6b33d365888ce4a386fc944489452c",
}


@dataclass(frozen=True, kw_only=True)
class EmbeddedMNIST1D(SignalDataset):
    """All 5,000 signals of MNIST-1D (Greydanus and Kobak, 2024), read from the package."""

    file: Path = FILE

    def digest(self, folder: Path) -> str:
        return digest_of(SHA256)

    def read(self, folder: Path) -> tuple[SignalExamples, SignalExamples]:
        arrays = read_packaged(self.file, "MNIST-1D", _unpacked)
        train, test = (
            SignalExamples.numbered(arrays[f"x{part}"][:, None], arrays[f"y{part}"])
            for part in ("", "_test")
        )
        return train, test


def _unpacked(path: Path) -> dict[str, NDArray[Any]]:
    return unpacked_arrays(path, SHA256, "MNIST-1D")
