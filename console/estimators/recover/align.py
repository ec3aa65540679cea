"""Finds where a finished mix lies against its stems: offset and clock drift, from cross-correlations of passages.

Each passage of the stems is looked up in the mix by a correlation whose spectrum is flattened (the phase transform of
Knapp & Carter, IEEE Trans. ASSP 24, 1976, softened), so that a loud bass does not smear it. A straight line through
the offsets of the passages is the offset and the drift; passages off the line do not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.floating]
Array = NDArray[np.float64]

_PASSAGES = 16
_PASSAGE_S = 3.0
_COARSE_HZ = 3000.0
#: The clocks of two machines differ by less.
MOST_DRIFT_PPM = 2000.0
#: A peak of correlation that stands out of the rest by less is chance.
_CLEAR = 7.0
_SOFT = 0.7
_FINE_S = 0.02
_CORRECTIONS = 3
#: What comes to less over the whole song is none.
_NO_DRIFT_SAMPLES = 1.5
#: An offset as long as this counts half as likely as none.
_USUAL_S = 10.0


@dataclass(frozen=True, slots=True)
class Line:
    """Offset in samples at the session's start, drift in samples a sample, and how many passages agree."""

    offset: float
    drift: float
    agreeing: int
    passages: int


def locate(
    stems: Audio, target: NDArray[np.float32], sample_rate_hz: int
) -> tuple[Line, NDArray[np.float32]]:
    """Where a finished mix, (2, samples), lies against the sum of its stems, (samples,), and the mix laid on them.

    A drift blurs each passage; so what is laid on the stems is looked up again, and the line corrected. A line that is
    not credible is offset 0.
    """
    line = find_line(stems, _folded(target), sample_rate_hz)
    if not is_credible(line):
        line = Line(0.0, 0.0, line.agreeing, line.passages)
    laid = laid_on(target, line, len(stems))
    for _ in range(_CORRECTIONS if line.drift else 0):
        more = find_line(stems, _folded(laid), sample_rate_hz, least_drift_samples=0.1)
        if not is_credible(more):
            break
        drift = (1.0 + line.drift) * (1.0 + more.drift) - 1.0
        line = Line(line.offset + (1.0 + line.drift) * more.offset, drift, more.agreeing, more.passages)
        laid = laid_on(target, line, len(stems))
    if line.drift and abs(line.drift) * len(stems) < _NO_DRIFT_SAMPLES:
        line = Line(line.offset + 0.5 * line.drift * len(stems), 0.0, line.agreeing, line.passages)
        laid = laid_on(target, line, len(stems))
    return line, laid


def _folded(audio: Audio) -> Array:
    """Both sides in one, unequal, so that what is only in the difference is not lost."""
    return np.asarray(audio[0] + 0.7 * audio[1], dtype=np.float64)


def find_line(stems: Audio, target: Audio, sample_rate_hz: int, *, least_drift_samples: float = 1.5) -> Line:
    """Where the target, mono (samples,), lies against the sum of the stems, (samples,).

    A drift that comes to less than `least_drift_samples` from the first passage to the last is none.
    """
    from scipy.signal import decimate

    factor = max(1, round(sample_rate_hz / _COARSE_HZ))
    coarse = [
        decimate(x.astype(np.float64), factor, ftype="fir") if factor > 1 else x for x in (stems, target)
    ]
    length = round(min(_PASSAGE_S, 0.5 * len(stems) / sample_rate_hz) * sample_rate_hz)
    times, lags = [], []
    starts = _starts(stems, length)
    for start in starts:
        a, b = start // factor, (start + length) // factor
        peak, clear = _look_up(coarse[0][a:b], coarse[1], a, _USUAL_S * sample_rate_hz / factor)
        if clear < _CLEAR:
            continue
        lag = _refine(stems[start : start + length], target, (peak - a) * factor + start, sample_rate_hz)
        if lag is not None:
            times.append(start + length / 2.0)
            lags.append(lag - start)
    return _line(np.array(times), np.array(lags), sample_rate_hz, len(starts), least_drift_samples)


def _starts(stems: Audio, length: int) -> list[int]:
    """Loud passages from all over the song."""
    count = max(1, min(_PASSAGES, len(stems) // max(length, 1)))
    edges = np.linspace(0, max(len(stems) - length, 0), count + 1)
    if count == 1:
        return [0]
    hop = max(1, length // 8)
    found = []
    for a, b in pairwise(edges):
        options = range(int(a), int(b) + 1, hop)
        found.append(max(options, key=lambda s: float(np.square(stems[s : s + length : 16]).sum())))
    return sorted(set(found))


def _correlation(passage: Audio, where: Audio) -> Array:
    """Correlation of a passage with everything it may lie in; index 0 is lag 0, negative lags at the end."""
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(len(passage) + len(where))
    a, b = rfft(np.asarray(passage, dtype=np.float64), size), rfft(np.asarray(where, dtype=np.float64), size)
    cross = b * a.conj()
    weight = np.abs(cross)
    return np.asarray(irfft(cross / np.maximum(weight, 1e-12 * weight.max() + 1e-30) ** _SOFT, size))


def _look_up(passage: Audio, where: Audio, expected: int, usual: float) -> tuple[int, float]:
    """Where a passage lies, in samples of `where`, and how clearly: the peak over the root mean square.

    Music repeats: of two places that fit alike the one nearer to the expected is taken.
    """
    result = np.abs(_correlation(passage, where))
    place = np.arange(len(result))
    place[place > len(where)] -= len(result)
    peak = int(np.argmax(result / (1.0 + np.abs(place - expected) / usual)))
    clear = float(result[peak] / (np.sqrt(np.mean(np.square(result))) + 1e-300))
    return int(place[peak]), clear


def _refine(passage: Audio, target: Audio, near: int, sample_rate_hz: int) -> float | None:
    """The place of a passage to a fraction of a sample, around a coarse one."""
    margin = round(_FINE_S * sample_rate_hz)
    first = near - margin
    window = np.zeros(len(passage) + 2 * margin)
    a, b = max(first, 0), min(first + len(window), len(target))
    if b - a < len(passage) // 2:
        return None
    window[a - first : b - first] = target[a:b]
    result = np.abs(_correlation(passage, window))[: 2 * margin + 1]
    peak = int(np.argmax(result))
    if not 0 < peak < 2 * margin:
        return None
    before, here, after = result[peak - 1 : peak + 2]
    bend = before - 2.0 * here + after
    return first + peak + (0.5 * (before - after) / bend if bend < 0.0 else 0.0)


def _line(times: Array, lags: Array, sample_rate_hz: int, passages: int, least: float) -> Line:
    """The line that most passages agree on."""
    if not len(times):
        return Line(0.0, 0.0, 0, passages)
    within = 0.003 * sample_rate_hz
    best: tuple[int, float, float] = (0, 0.0, 0.0)
    for i in range(len(times)):
        for j in range(i, len(times)):
            drift = 0.0 if i == j else (lags[j] - lags[i]) / (times[j] - times[i])
            if abs(drift) > MOST_DRIFT_PPM * 1e-6:
                continue
            offset = lags[i] - drift * times[i]
            near = int((np.abs(lags - offset - drift * times) < within).sum())
            if near > best[0]:
                best = (near, offset, drift)
    count, offset, drift = best
    chosen = np.abs(lags - offset - drift * times) < within
    if chosen.sum() >= 3:
        offset, drift = _trimmed(times[chosen], lags[chosen])
    elif chosen.any():
        offset, drift = float(np.median(lags[chosen])), 0.0
    span = float(np.ptp(times[chosen])) if chosen.any() else 0.0
    if abs(drift) * span < least or count < 4:  # the passages agree on their place, not on a drift
        offset, drift = float(np.median(lags[chosen])), 0.0
    return Line(offset, drift, count, passages)


def _trimmed(times: Array, lags: Array) -> tuple[float, float]:
    """Theil–Sen: the median of all slopes, and of what is left."""
    i, j = np.triu_indices(len(times), 1)
    apart = times[j] != times[i]
    slope = float(np.median((lags[j] - lags[i])[apart] / (times[j] - times[i])[apart]))
    return float(np.median(lags - slope * times)), slope


def laid_on(target: NDArray[np.float32], line: Line, samples: int) -> NDArray[np.float32]:
    """The target on the session's time line, (2, samples), zero where it has nothing.

    Whole offsets without drift leave every sample as it is; others go through a windowed sinc.
    """
    whole = round(line.offset)
    if line.drift == 0.0 and abs(line.offset - whole) < 0.25:
        out = np.zeros((2, samples), dtype=np.float32)
        a, b = max(whole, 0), min(whole + samples, target.shape[1])
        if a < b:
            out[:, a - whole : b - whole] = target[:, a:b]
        return out
    positions = line.offset + (1.0 + line.drift) * np.arange(samples)
    return _sinc(target, np.asarray(positions, dtype=np.float64))


def _sinc(audio: NDArray[np.float32], positions: Array, taps: int = 32) -> NDArray[np.float32]:
    """Audio at fractional positions, by a windowed sinc; zero outside."""
    padded = np.pad(audio.astype(np.float64), ((0, 0), (taps, taps)))
    out = np.zeros((len(audio), len(positions)))
    whole = np.floor(positions).astype(np.int64)
    for tap in range(-taps // 2 + 1, taps // 2 + 1):
        distance = positions - (whole + tap)
        window = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1.0 - np.square(distance / (taps / 2))))) / np.i0(8.0)
        index = np.clip(whole + tap + taps, 0, padded.shape[1] - 1)
        out += padded[:, index] * (np.sinc(distance) * window)
    return out.astype(np.float32)


def is_credible(line: Line) -> bool:
    """Whether enough passages agree to believe the line."""
    return line.agreeing >= max(1, math.ceil(0.25 * line.passages))
