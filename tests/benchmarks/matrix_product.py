"""How fast this machine multiplies float32 matrices: `python -m tests.benchmarks.matrix_product`.

Prints GFLOP/s, the best of several products of 2,048 × 2,048: large enough to reach the library's
full speed (17 GFLOP each), small enough for 50 MB. What a training reaches of it is its share.
"""

from __future__ import annotations

import json
import sys
import time

import torch

SIDE, WARM_UP, TRIES = 2048, 3, 20


def measure(device: str = "cpu") -> float:
    """GFLOP/s, one multiply-accumulate being two operations."""
    a, b = torch.randn(2, SIDE, SIDE, device=device)
    product, best = torch.empty_like(a), float("inf")
    for attempt in range(WARM_UP + TRIES):
        started = time.perf_counter()
        torch.mm(a, b, out=product)
        if device == "cuda":
            torch.cuda.synchronize()
        if attempt >= WARM_UP:
            best = min(best, time.perf_counter() - started)
    return 2 * SIDE**3 / best / 1e9


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"gflops": measure(*sys.argv[1:])}) + "\n")
