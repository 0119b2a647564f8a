"""Which device a run is for, found out without importing torch where that can be, and how it
computes."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Literal

from structbench.errors import ConfigError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def resolve_device(name: DeviceName) -> str:
    """The device that `auto` stands for, or the one asked for; ConfigError if it is not there."""
    if name == "cpu" or (name == "auto" and not _accelerator_possible()):
        return "cpu"
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next((device for device, found in there.items() if found), "cpu")
    if not there[name]:
        raise ConfigError(f"--device {name}: torch {torch.__version__} finds no such device here")
    return name


def _accelerator_possible() -> bool:
    """False only where torch could not find one: no NVIDIA driver and not a Mac.

    Importing torch to ask takes 1.7 s, loading a library that is not there 0.1 ms.
    """
    if sys.platform == "darwin":
        return True
    if version("torch").endswith("+cpu"):
        return False
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


@contextmanager
def true_arithmetic(device: str) -> Iterator[None]:
    """Within, float32 is float32, and cuDNN takes those algorithms that it calls deterministic.

    As torch comes, cuDNN rounds what convolutions multiply to 10 bits (TF32), and may take
    algorithms that add in whatever order.
    """
    import torch

    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        if device != "cuda":
            yield
            return
        # From here on its random state follows the seed.
        torch.cuda.init()  # type: ignore[no-untyped-call]
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
