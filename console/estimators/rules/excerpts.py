"""The loudest passages of tracks and buses, to measure what a compressor does before it is decided."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import HOP_S, TrackAnalysis
from console.analysis.weighting import k_weighting
from console.dsp.chain import cut_sections, equalizer_sections, filter_steps
from console.dsp.design import stack_sections
from console.dsp.dynamics import CONTROL_INTERVAL_SAMPLES as HOP
from console.dsp.dynamics import CompressorProcessor
from console.dsp.filters import BiquadCascade
from console.mix import Compressor, TrackStrip
from console.params import PARAMS
from console.session import SessionTrack
from console.session.reader import TrackReader
from console.units import db_to_gain

Array = NDArray[np.float64]

#: How many passages are listened to, how long each is, and what runs ahead of it so that filters settle.
_PASSAGES = 3
_PASSAGE_S = 4.0
PRE_ROLL_S = 0.5
#: A moment counts as sounding while its peak is within this of the loudest, in dB.
_SOUNDING_DB = 20.0
#: The reduction that is spoken of is exceeded in this share of the sounding time, in per cent.
_LOUDEST_PERCENT = 5.0
_BISECTIONS = 7


def loud_passages(level_db: NDArray[np.floating]) -> tuple[float, ...]:
    """Starts in seconds of the loudest passages that do not overlap, in the order of time.

    Args:
        level_db: (hops,) level per HOP_S.
    """
    length = round(_PASSAGE_S / HOP_S)
    power = np.maximum(10.0 ** (np.asarray(level_db, dtype=np.float64) / 10.0), 0.0)
    if len(power) <= length:
        return (0.0,)
    energy = np.convolve(power, np.ones(length), mode="valid")
    starts = []
    for _ in range(_PASSAGES):
        best = int(np.argmax(energy))
        if energy[best] <= 0.0:
            break
        starts.append(best)
        energy[max(0, best - length + 1) : best + length] = 0.0
    return tuple(start * HOP_S for start in sorted(starts)) or (0.0,)


def read_passage(track: SessionTrack, sample_rate_hz: int, start_s: float, first_sample: int = 0) -> Array:
    """One passage of a track with its pre-roll, (channels, samples).

    Args:
        track: whose audio.
        sample_rate_hz: the session's rate.
        start_s: where the passage begins, pre-roll not counted.
        first_sample: how much later in the file the passage lies, for a strip with a delay.
    """
    begin = round((start_s - PRE_ROLL_S) * sample_rate_hz) + first_sample
    samples = round((PRE_ROLL_S + _PASSAGE_S) * sample_rate_hz)
    missing = min(samples, max(0, -begin))
    with TrackReader(track, sample_rate_hz) as reader:
        reader.seek(max(0, begin))
        audio = reader.read(samples - missing).astype(np.float64)
    return np.ascontiguousarray(np.pad(audio, ((0, 0), (missing, 0))))


def track_passages(track: SessionTrack, analysis: TrackAnalysis, strip: TrackStrip) -> list[Array]:
    """A track's loudest passages as they reach the compressor of its strip."""
    rate = analysis.sample_rate_hz
    sections = stack_sections(
        [cut_sections(strip.highpass, strip.lowpass, rate), equalizer_sections(strip.equalizer, rate)]
    )
    passages = []
    for start_s in loud_passages(analysis.momentary_lufs):
        audio = read_passage(track, rate, start_s) * db_to_gain(strip.input.gain_db)
        for step in filter_steps(sections, len(audio)):
            step.process(audio)
        passages.append(audio)
    return passages


def _kept(values: Array, sample_rate_hz: int) -> Array:
    """Meter readings behind the pre-roll."""
    return values[round(PRE_ROLL_S * sample_rate_hz) // HOP :]


def _interval_peaks_db(passage: Array) -> Array:
    linked = np.abs(passage).max(axis=0)
    padded = np.pad(linked, (0, -len(linked) % HOP)).reshape(-1, HOP)
    return np.asarray(20.0 * np.log10(np.maximum(padded.max(axis=1), 1e-8)))


def reduction_db(passages: Sequence[Array], settings: Compressor, sample_rate_hz: int) -> float:
    """Reduction that a compressor exceeds in the loudest twentieth of the sounding time, in dB, at least 0."""
    gains, peaks = [], []
    for passage in passages:
        running = CompressorProcessor(settings, sample_rate_hz)
        running.process(passage.copy())
        gains.append(_kept(running.gain_reduction_db(), sample_rate_hz))
        peaks.append(_kept(_interval_peaks_db(passage), sample_rate_hz))
    gain, peak = np.concatenate(gains), np.concatenate(peaks)
    sounding = gain[peak > peak.max(initial=-200.0) - _SOUNDING_DB]
    return -float(np.percentile(sounding, _LOUDEST_PERCENT)) if sounding.size else 0.0


def lost_loudness_db(passages: Sequence[Array], settings: Compressor, sample_rate_hz: int) -> float:
    """How much quieter, K-weighted, a compressor makes the passages, in dB; make-up left out."""
    sections = np.insert(k_weighting(sample_rate_hz), 3, 1.0, axis=1)
    before = after = 0.0
    for passage in passages:
        for compressed in (False, True):
            work = passage.copy()
            if compressed:
                CompressorProcessor(replace(settings, makeup_db=0.0), sample_rate_hz).process(work)
            BiquadCascade(sections, len(work)).process(work)
            power = float((work[:, round(PRE_ROLL_S * sample_rate_hz) :] ** 2).sum())
            before, after = (before, after + power) if compressed else (before + power, after)
    return 10.0 * float(np.log10(before / after)) if before > 0.0 and after > 0.0 else 0.0


def set_threshold(
    passages: Sequence[Array],
    settings: Compressor,
    wanted_db: float,
    range_db: tuple[float, float],
    sample_rate_hz: int,
) -> tuple[Compressor, float]:
    """The compressor with the threshold in a range that comes nearest to a wanted reduction, and that reduction."""
    row = PARAMS["compressor.threshold_db"]
    low, high = (row.clamp(end) for end in range_db)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        reached = reduction_db(passages, replace(settings, threshold_db=middle), sample_rate_hz)
        low, high = (middle, high) if reached > wanted_db else (low, middle)
    settings = replace(settings, threshold_db=row.quantise(0.5 * (low + high)))
    return settings, reduction_db(passages, settings, sample_rate_hz)
