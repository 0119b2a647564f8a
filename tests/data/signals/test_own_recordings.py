"""Signals of one's own as folders of WAV files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from structbench.errors import DataError
from tests.data.signals.waves import read, recorded, wav, waves

X, _ = waves(length=32)
TONE = X[0].clip(-1, 1)


def two(folder: Path, *contents: bytes, names: tuple[str, ...] = ("a/1.wav", "b/1.wav")) -> Path:
    for name, content in zip(names, contents, strict=True):
        recorded(folder, name, content)
    return folder


# The largest step between two values that can be told apart.
STEPS = {8: 2 / 2**8, 16: 2 / 2**16, 24: 2 / 2**24, 32: 2e-7, -32: 0, -64: 0}


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("bits", STEPS)
def test_samples_of_any_width_are_from_minus_1_to_1(
    tmp_path: Path, bits: int, extensible: bool
) -> None:
    content = wav(TONE, bits=bits, extensible=extensible)
    found = read(two(tmp_path, content, wav(-TONE, bits=bits)))
    assert found.grids.shape == (2, 1, 32)
    assert np.abs(found.grids[0, 0] - TONE).max() <= 1.6 * STEPS[bits]
    assert np.abs(found.grids[1, 0] + TONE).max() <= 1.6 * STEPS[bits]
    assert (found.classes, found.told) == (("a", "b"), ())


def test_channels_of_a_recording_are_those_of_the_signal(tmp_path: Path) -> None:
    both = np.stack([TONE, -TONE / 2], axis=1)
    found = read(two(tmp_path, wav(both, bits=-32), wav(-both, bits=-32)))
    assert np.array_equal(found.grids, np.stack([both.T, -both.T]))


def test_folders_are_classes_and_parts(tmp_path: Path) -> None:
    names = ("Train/b/x y.wav", "Train/é/deep/1.WAV", "test/b/1.wav", "test/é/2.wav")
    contents = [wav(TONE / i, bits=-32) for i in range(1, 5)]
    found = read(two(tmp_path, *contents, names=names))
    assert found.classes == ("b", "é")
    assert found.tested is not None
    assert list(zip(found.labels.tolist(), found.tested.tolist(), strict=True)) == [
        (0, False), (1, False), (0, True), (1, True),
    ]  # fmt: skip
    recorded(tmp_path, "test/README.txt", b"as it is")
    assert "passed over: 1" in read(tmp_path).told[0]


def test_recordings_of_several_lengths_are_cut_or_filled_up(tmp_path: Path) -> None:
    folder = two(tmp_path, wav(TONE, bits=-32), wav(TONE[:20], bits=-32))
    with pytest.raises(DataError, match=r"b/1.wav has 20 values and \S+a/1.wav 32: .*length=32"):
        read(folder)
    found = read(folder, length=24)
    assert np.array_equal(found.grids[0, 0], TONE[:24])
    assert np.array_equal(found.grids[1, 0], np.append(TONE[:20], np.zeros(4)))
    assert (found.resized, len(found.told)) == (True, 2)


GOOD = wav(TONE)
WRONG = {
    "cut off": (GOOD[:-9], "b/1.wav is cut off: it has 111 bytes, and its head says 120"),
    "its head alone": (GOOD[:30], "b/1.wav is cut off"),
    "empty": (b"", "b/1.wav is damaged, or no WAV"),
    "no samples": (wav(TONE[:0]), "b/1.wav has no values"),
    "an MP3": (b"ID3" + bytes(200), "b/1.wav is damaged, or no WAV"),
    "packed otherwise": (
        GOOD.replace(struct.pack("<IH", 16, 1), struct.pack("<IH", 16, 2)), "b/1.wav is damaged, or"
    ),
    "other rate": (
        wav(TONE, 16000), r"b/1.wav has 16,000 samples a second and \S+a/1.wav 8,000: bring all"
    ),
    "other channels": (
        wav(np.stack([TONE, TONE], axis=1)), r"b/1.wav has 2 channels and \S+a/1.wav 1: they should"
    ),
    "NaN": (wav(np.where(TONE > 0, np.nan, TONE), bits=-32), "b/1.wav has a value that is missing"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_with_its_file(tmp_path: Path, wrong: str) -> None:
    content, told = WRONG[wrong]
    with pytest.raises(DataError, match=told):
        read(two(tmp_path, GOOD, content))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("train/a/1.wav", "test/2.wav"), "test/2.wav lies in no class's folder"),
        (("a/1.wav", "b/2.mp3"), r"b has no recordings \(WAV\): convert them"),
        (("all/a/1.wav", "all/b/2.wav"), "lie in one folder, all: .*--data .*all$"),
        (("a/1.wav", "a/2.wav"), "all examples are of one class, 'a'"),
    ],
)
def test_folders_that_name_no_classes_are_told(
    tmp_path: Path, names: tuple[str, ...], told: str
) -> None:
    with pytest.raises(DataError, match=told):
        read(two(tmp_path, GOOD, GOOD, names=names))
