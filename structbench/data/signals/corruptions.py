"""How signals can be altered: the functions behind the test conditions.

Each takes signals, float32 [examples, channels, length], and a generator, and returns new signals
of the same shape and type. Values are neither clipped nor scaled: a signal has no range to keep
to. Whatever chance decides is drawn anew for each signal.

numpy draws the numbers, so the altered signals are the same on every device.
"""

import numpy as np

from structbench.data.grids import Grids, moved, occluded, smoothed

Signals = Grids
Generator = np.random.Generator


def clean(signals: Signals, rng: Generator) -> Signals:
    """Unaltered."""
    return signals


def translate(signals: Signals, rng: Generator, places: int) -> Signals:
    """Content moves DX places to the right; zeros come in."""
    return moved(signals, np.full(len(signals), places))


def shift(signals: Signals, rng: Generator, largest: int) -> Signals:
    """Each signal moves by its own whole amount, up to K places to either side; zeros come in."""
    return moved(signals, rng.integers(-largest, largest + 1, size=len(signals)))


def gaussian_noise(signals: Signals, rng: Generator, std: float) -> Signals:
    """Normal noise of this standard deviation added to each value."""
    return signals + np.float32(std) * rng.standard_normal(signals.shape, dtype=np.float32)


def gaussian_blur(signals: Signals, rng: Generator, sigma: float) -> Signals:
    """Smoothed by a Gaussian of this standard deviation in places, ends reflected."""
    return smoothed(signals, sigma)


def occlude(signals: Signals, rng: Generator, size: int) -> Signals:
    """SIZE neighbouring places, at random within each signal, become 0."""
    return occluded(signals, rng, size)


def invert(signals: Signals, rng: Generator) -> Signals:
    """Each value x becomes −x."""
    return -signals


def contrast(signals: Signals, rng: Generator, factor: float) -> Signals:
    """Each value times FACTOR."""
    return np.float32(factor) * signals
