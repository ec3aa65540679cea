"""How far what plugins play is from what the console predicted, measured on the audio of both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

Block = NDArray[np.float64]

#: Levels are compared in frames of this length, and spectra in windows of `_WINDOW` samples.
_FRAME_S = 0.01
_WINDOW = 8192
_BLOCK_WINDOWS = 32

#: What lies further under the loudest frame, or band, is not compared: nobody hears it.
_QUIET_DB = 50.0

#: Where the third octaves of IEC 61260 lie, in Hz, and the range in which they are compared.
_LOWEST_HZ, _HIGHEST_HZ = 50.0, 16_000.0
_FLOOR = 1e-30

#: A lag is one when the difference is so much less without it, in dB.
_NEARER_DB = 0.5

#: Begins a signal anew.
Source = Callable[[], Iterable[NDArray[np.floating]]]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The difference between two signals, the second of which is the prediction; all in dB but for the lag.

    - `null_db`: energy of the difference over that of the prediction;
    - `level_db`: by how much the real one is louder;
    - `third_octave_db`: the worst difference of a band from 50 Hz to 16 kHz, `third_octave_hz` its middle;
    - `gain_median_db`, `gain_95_db`: the median, and what 95 % stay under, of the differences of level in frames of
      10 ms, the whole difference of level taken out: how differently the two move;
    - `lag_samples`: by how much the real one is late; the other figures are of both in line.
    """

    null_db: float
    level_db: float
    third_octave_db: float
    third_octave_hz: float
    gain_median_db: float
    gain_95_db: float
    lag_samples: int


@dataclass(frozen=True, slots=True)
class Modelled:
    """A passage beside what the differentiable console makes of it; each figure is against that console.

    - `builtins`: what the renderer plays, `plugins`: what the real chain plays; None where the console is silent;
    - `start_s`, `seconds`: where the passage lies. The console heard it from up to ten seconds before.
    """

    builtins: Fidelity | None
    plugins: Fidelity | None
    start_s: float
    seconds: float


def compare_files(real: Path, predicted: Path) -> Fidelity | None:
    """The difference of two WAV files of one rate and number of channels; None where the prediction is silence."""
    with soundfile.SoundFile(real) as file:
        rate_hz = int(file.samplerate)
    return compare(lambda: _blocks(real), lambda: _blocks(predicted), rate_hz)


def compare_audio(real: Block, predicted: Block, sample_rate_hz: int) -> Fidelity | None:
    """The difference of two signals, (channels, samples), as long as the shorter; None where the second is silence."""
    return compare(lambda: iter([real]), lambda: iter([predicted]), sample_rate_hz)


def compare(real: Source, predicted: Source, sample_rate_hz: int) -> Fidelity | None:
    """The difference of two signals, as long as the shorter; None where the second is silence.

    Where one seems late, they are compared again in line; that counts when they are nearer then, and the lag is told.

    Args:
        real: begins the first anew, blocks of (channels, samples) of any sizes.
        predicted: begins the second anew.
        sample_rate_hz: of both.
    """
    found = _measured(real, predicted, sample_rate_hz, 0)
    if found is None or not found.lag_samples:
        return found
    aligned = _measured(real, predicted, sample_rate_hz, found.lag_samples)
    if aligned is not None and aligned.null_db < found.null_db - _NEARER_DB:
        return replace(aligned, lag_samples=found.lag_samples)
    return replace(found, lag_samples=0)


def _measured(real: Source, predicted: Source, rate_hz: int, lag: int) -> Fidelity | None:
    meter = FidelityMeter(rate_hz)
    size = _WINDOW * _BLOCK_WINDOWS
    for first, second in zip(_even(real(), size, lag), _even(predicted(), size, -lag), strict=False):
        samples = min(first.shape[1], second.shape[1])
        meter.push(first[:, :samples], second[:, :samples])
    return meter.result()


def _even(blocks: Iterable[NDArray[np.floating]], size: int, skip: int) -> Iterator[Block]:
    """The samples behind the first few, in blocks of one size but for the last."""
    waiting: Block | None = None
    for block in blocks:
        passed = min(max(skip, 0), block.shape[1])
        skip -= passed
        piece = block[:, passed:].astype(np.float64, copy=False)
        waiting = piece if waiting is None else np.concatenate([waiting, piece], axis=1)
        while waiting.shape[1] >= size:
            yield waiting[:, :size]
            waiting = waiting[:, size:]
    if waiting is not None and waiting.shape[1]:
        yield waiting


def _blocks(path: Path) -> Iterator[Block]:
    with soundfile.SoundFile(path) as file:
        while len(frames := file.read(_WINDOW * _BLOCK_WINDOWS, dtype="float64", always_2d=True)):
            yield frames.T


class FidelityMeter:
    """Takes two signals block by block; memory grows only by the 10 ms levels."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._frame = max(round(_FRAME_S * sample_rate_hz), 1)
        self._energies = np.zeros(3)
        self._spectra = np.zeros((2, _WINDOW // 2 + 1))
        self._levels: list[NDArray[np.float64]] = []
        self._best = (0.0, 0)

    def push(self, real: Block, predicted: Block) -> None:
        """The next samples of both, (channels, samples); all blocks but the last are to be of one length."""
        difference = real - predicted
        self._energies += [float(np.sum(signal**2)) for signal in (difference, real, predicted)]
        self._push_spectra(real, predicted)
        self._push_levels(real, predicted)
        energy = float(np.sum(predicted**2))
        if energy > self._best[0]:
            self._best = (energy, _lag(real, predicted))

    def _push_spectra(self, real: Block, predicted: Block) -> None:
        count = real.shape[1] // _WINDOW
        window = np.hanning(_WINDOW)
        for row, signal in enumerate((real, predicted)):
            pieces = signal[:, : count * _WINDOW].reshape(-1, _WINDOW)
            self._spectra[row] += np.sum(np.abs(rfft(pieces * window, axis=1)) ** 2, axis=0)

    def _push_levels(self, real: Block, predicted: Block) -> None:
        count = real.shape[1] // self._frame
        pair = [
            np.sum(
                signal[:, : count * self._frame].reshape(signal.shape[0], count, self._frame) ** 2,
                axis=(0, 2),
            )
            for signal in (real, predicted)
        ]
        self._levels.append(np.array(pair))

    def result(self) -> Fidelity | None:
        """What came out; None where the prediction was silence."""
        difference, real, predicted = self._energies
        if predicted <= _FLOOR:
            return None
        level_db = _db(real / predicted)
        band_db, band_hz = self._worst_band()
        median_db, high_db = self._movement(level_db)
        return Fidelity(
            null_db=_db(difference / predicted),
            level_db=level_db,
            third_octave_db=band_db,
            third_octave_hz=band_hz,
            gain_median_db=median_db,
            gain_95_db=high_db,
            lag_samples=self._best[1],
        )

    def _worst_band(self) -> tuple[float, float]:
        hz = np.fft.rfftfreq(_WINDOW, 1.0 / self._rate_hz)
        middles = [1000.0 * 2.0 ** (step / 3.0) for step in range(-13, 13)]
        middles = [hz_ for hz_ in middles if _LOWEST_HZ <= hz_ <= min(_HIGHEST_HZ, 0.45 * self._rate_hz)]
        bands = []
        for middle in middles:
            inside = (hz >= middle * 2.0 ** (-1 / 6)) & (hz < middle * 2.0 ** (1 / 6))
            bands.append(self._spectra[:, inside].sum(axis=1))
        powers = np.array(bands).T
        heard = powers[1] > powers[1].max() * 10.0 ** (-_QUIET_DB / 10.0)
        if not heard.any():
            return 0.0, 0.0
        differences = 10.0 * np.log10((powers[0] + _FLOOR) / (powers[1] + _FLOOR)) * heard
        worst = int(np.argmax(np.abs(differences)))
        return float(differences[worst]), float(middles[worst])

    def _movement(self, level_db: float) -> tuple[float, float]:
        real, predicted = np.concatenate(self._levels, axis=1) if self._levels else np.empty((2, 0))
        heard = predicted > predicted.max(initial=0.0) * 10.0 ** (-_QUIET_DB / 10.0)
        if not heard.any():
            return 0.0, 0.0
        moves_db = 10.0 * np.log10((real[heard] + _FLOOR) / (predicted[heard] + _FLOOR)) - level_db
        moves_db = np.abs(moves_db - np.median(moves_db))
        return float(np.median(moves_db)), float(np.percentile(moves_db, 95.0))


def _lag(real: Block, predicted: Block) -> int:
    """By how many samples the first follows the second, where their correlation peaks."""
    size = 2 * real.shape[1]
    correlation = np.abs(irfft(np.sum(rfft(real, size) * np.conj(rfft(predicted, size)), axis=0), size))
    at = int(np.argmax(correlation))
    return at if at < size // 2 else at - size


def _db(power: float) -> float:
    return 10.0 * math.log10(max(power, _FLOOR))
