"""Several tests at once: p-values adjusted so that the family keeps its level."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return the p-values adjusted for their number, in the same order: float [tests].

    `p_values`: float [tests], possibly empty. Rejecting where the result is at most a level rejects
    any true hypothesis with at most that chance, however the tests depend on each other.
    ValueError for other shapes or values outside [0, 1]. Source: Holm (1979), Scand. J. Stat. 6:65.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p-values must lie between 0 and 1, in an array [tests]")
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    # The smallest p is multiplied by the number of tests, the next by one less, and so on.
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return np.minimum(adjusted, 1.0)
