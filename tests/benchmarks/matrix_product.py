"""How fast a machine multiplies: `python -m tests.benchmarks.matrix_product DEVICE TRIES`.

Prints GFLOP/s, the best of some float32 products of 2,048 × 2,048: large enough to reach the
library's full speed (17 GFLOP each), small enough for 50 MB. What a training reaches of it is its
share.
"""

from __future__ import annotations

import json
import sys
import time

import torch

SIDE, WARM_UP = 2048, 3


def measure(device: str, tries: int) -> float:
    """GFLOP/s, one multiply-accumulate being two operations."""
    a, b = torch.randn(2, SIDE, SIDE, device=device)
    product, best = torch.empty_like(a), float("inf")
    for attempt in range(WARM_UP + tries):
        started = time.perf_counter()
        torch.mm(a, b, out=product)
        if device == "cuda":
            torch.cuda.synchronize()
        if attempt >= WARM_UP:
            best = min(best, time.perf_counter() - started)
    return 2 * SIDE**3 / best / 1e9


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"gflops": measure(sys.argv[1], int(sys.argv[2]))}) + "\n")
