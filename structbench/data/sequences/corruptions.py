"""How sentences can be altered: the functions behind the test conditions.

Each takes sources, int64 [examples, places], EMPTY behind the last symbol of each, and a generator,
and returns new ones of the same shape. A word is a symbol of the source, whatever the pieces are.
Whatever chance decides is drawn anew for each sentence.
"""

import numpy as np
from numpy.typing import NDArray

from structbench.problem import EMPTY, UNKNOWN

Sources = NDArray[np.int64]
Generator = np.random.Generator


def clean(sources: Sources, rng: Generator) -> Sources:
    """Unaltered."""
    return sources


def drop_words(sources: Sources, rng: Generator, share: float) -> Sources:
    """Each word is left out with this chance; at least one stays, and the answer is the same."""
    chance = np.where(sources == EMPTY, -1.0, rng.random(sources.shape))
    # The word that is the least likely to go stays at any share.
    stays = (chance >= share) | (chance == chance.max(axis=1, keepdims=True))
    kept = np.where(stays, sources, EMPTY)
    return np.take_along_axis(kept, np.argsort(kept == EMPTY, axis=1, kind="stable"), axis=1)


def swap_words(sources: Sources, rng: Generator, times: int) -> Sources:
    """K times, two neighbouring words at a random place change places."""
    altered = sources.copy()
    (several,) = np.nonzero((sources != EMPTY).sum(axis=1) > 1)
    pairs = (sources[several] != EMPTY).sum(axis=1) - 1
    for _ in range(times):
        left = rng.integers(pairs)
        here, there = altered[several, left], altered[several, left + 1]
        altered[several, left], altered[several, left + 1] = there, here
    return altered


def unknown_words(sources: Sources, rng: Generator, share: float) -> Sources:
    """Each word becomes the unknown word with this chance."""
    hit = (rng.random(sources.shape) < share) & (sources != EMPTY)
    return np.where(hit, UNKNOWN, sources)
