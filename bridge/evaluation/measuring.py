"""Everything that is measured of one finished mix, and how far two of them lie apart, term by term."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bridge.evaluation.published import published_features
from bridge.evaluation.spectral import measure_spectral
from console.analysis.masking import Masking
from console.analysis.track import TrackAnalyzer
from console.errors import ParamError
from console.losses.sound import LOUDNESS_LUFS, Sound, Terms, distance, measure_sound
from console.units import db_to_gain

Float64 = NDArray[np.float64]

#: Length of the levels whose mean deviation is the dynamic spread, in seconds (Vickers, AES 129, 2010).
LEVEL_S = 0.05
#: A track is hidden where another stands this far above it in a band of its own, in dB.
HIDDEN_DB = 6.0

_QUIET_LEVEL = 1e-6  # power against the loudest level's: −60 dB
_OCTAVES = ("centroid", "bandwidth", "rolloff")
_LINEAR = (
    ("flatness_db", "flatness_db"),
    ("dynamic_spread_db", "dynamic_spread_db"),
    ("peak_to_loudness_db", "peak_to_loudness_db"),
    ("panning_rms", "panning_rms"),
    ("panning_rms_low", "panning_rms_low"),
    ("panning_rms_mid", "panning_rms_mid"),
    ("panning_rms_high", "panning_rms_high"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A mix in figures; all but loudness and true peak refer to the signal at −18 LUFS.

    `figures` are the scalars by name. `floored` and `published` are the audio features of Diff-MST, ours and the
    paper's, by term: scalars and (24,).
    """

    figures: Mapping[str, float]
    sound: Sound
    contrast_db: Float64
    floored: Mapping[str, Float64]
    published: Mapping[str, Float64]


def measure(audio: Float64, sample_rate_hz: int, name: str = "the mix") -> Measured:
    """Measure a signal, (2, samples).

    Raises:
        ParamError: shorter than a second, silent, not finite, or not stereo.
    """
    sound = measure_sound(audio, sample_rate_hz, name)
    level = _levels(audio, sample_rate_hz)
    even = at_one_loudness(audio, sound.loudness_lufs)
    spectral = measure_spectral(even, sample_rate_hz)
    rms_db = 10.0 * float(np.log10((even**2).mean()))
    figures = {
        "integrated_lufs": sound.loudness_lufs,
        "true_peak_dbtp": level["true_peak_dbtp"],
        "peak_to_loudness_db": level["true_peak_dbtp"] - sound.loudness_lufs,
        "loudness_range_lu": level["loudness_range_lu"],
        "rms_db": rms_db,
        "crest_db": sound.crest_db,
        "dynamic_spread_db": dynamic_spread_db(even, sample_rate_hz),
        "spread_db": sound.spread_db,
        "width_db": sound.width_db,
        "balance_db": sound.balance_db,
        "centroid_hz": spectral.centroid_hz,
        "bandwidth_hz": spectral.bandwidth_hz,
        "contrast_db": float(spectral.contrast_db.mean()),
        "flatness_db": spectral.flatness_db,
        "rolloff_hz": spectral.rolloff_hz,
        **{
            "panning_rms" if band == "all" else f"panning_rms_{band}": value
            for band, value in spectral.panning.items()
        },
    }
    return Measured(
        figures, sound, spectral.contrast_db, _floored(even, sample_rate_hz), published_features(even, sample_rate_hz)
    )  # fmt: skip


def at_one_loudness(audio: Float64, loudness_lufs: float) -> Float64:
    """A signal of known loudness at −18 LUFS."""
    return np.asarray(audio * db_to_gain(LOUDNESS_LUFS - loudness_lufs))


def _levels(audio: Float64, sample_rate_hz: int) -> dict[str, float]:
    meter = TrackAnalyzer(sample_rate_hz, 2)
    meter.push(np.ascontiguousarray(audio, dtype=np.float32))
    found = meter.result()
    return {"true_peak_dbtp": found.true_peak_dbtp, "loudness_range_lu": found.loudness_range_lu}


def dynamic_spread_db(audio: Float64, sample_rate_hz: int) -> float:
    """Mean absolute deviation of the levels of successive 50 ms from their mean, in dB; levels 60 dB down left out."""
    frame = max(1, round(LEVEL_S * sample_rate_hz))
    whole = audio.shape[1] // frame * frame
    power = (audio[:, :whole] ** 2).mean(axis=0).reshape(-1, frame).mean(axis=1)
    level_db = 10.0 * np.log10(power[power >= max(_QUIET_LEVEL * power.max(), 1e-20)])
    return float(np.abs(level_db - level_db.mean()).mean())


def _floored(audio: Float64, sample_rate_hz: int) -> dict[str, Float64]:
    import torch

    from console.losses.features import WEIGHTS, features

    found = features(torch.from_numpy(audio), float(sample_rate_hz))
    return {name: np.atleast_1d(getattr(found, name).numpy()) for name in WEIGHTS}


def masking_figures(masking: Masking | None) -> dict[str, float]:
    """How audible the tracks are in a mix: mean and least over the tracks in dB, pairs in which one hides another."""
    if masking is None or not masking.audibility_db:
        return {}
    audible = list(masking.audibility_db.values())
    return {
        "audibility_mean_db": float(np.mean(audible)),
        "audibility_least_db": float(min(audible)),
        "hidden_pairs": float(sum(pair.amount_db >= HIDDEN_DB for pair in masking.pairs)),
    }


def distances(mix: Measured, wanted: Measured) -> dict[str, float]:
    """How far a mix lies from another, term by term; 0 is the same. See docs/evaluation.md for the equations."""
    found = {**_feature_terms("features", mix.floored, wanted.floored)}
    found |= _feature_terms("published", mix.published, wanted.published)
    apart = distance(mix.sound, wanted.sound)
    found |= {f"sound.{item.name}": getattr(apart, item.name) for item in fields(Terms)}
    found["sound.total_db"] = apart.total
    for name in _OCTAVES:
        found[f"{name}_octaves"] = abs(
            float(np.log2(mix.figures[f"{name}_hz"] / wanted.figures[f"{name}_hz"]))
        )
    for term, figure in _LINEAR:
        found[term] = abs(mix.figures[figure] - wanted.figures[figure])
    found["contrast_db"] = float(np.abs(mix.contrast_db - wanted.contrast_db).mean())
    return found


def _feature_terms(kind: str, mix: Mapping[str, Float64], wanted: Mapping[str, Float64]) -> dict[str, float]:
    from console.losses.features import WEIGHTS

    terms = {name: float(((mix[name] - wanted[name]) ** 2).mean()) for name in WEIGHTS}
    total = sum(weight * terms[name] for name, weight in WEIGHTS.items())
    return {**{f"{kind}.{name}": value for name, value in terms.items()}, f"{kind}.total": total}


def aligned_distances(audio: Float64, human: Float64) -> dict[str, float]:
    """Spectral distances of two mixes of one song, sample-aligned and at one loudness each, (2, samples).

    The longer one is cut to the shorter.

    Raises:
        ParamError: too short for a spectrum.
    """
    import torch

    from console.losses.spectral import multi_resolution, sum_and_difference

    count = min(audio.shape[1], human.shape[1])
    if count < 1:
        raise ParamError("0 samples cannot be compared; give a song that lasts at least a second")
    one, other = (torch.from_numpy(x[:, :count].astype(np.float32)) for x in (audio, human))
    with torch.no_grad():
        terms = multi_resolution(one, other)
        return {
            "mrstft": float(terms.total),
            "mrstft_linear": float(terms.linear),
            "mrstft_log": float(terms.log),
            "stereo": float(sum_and_difference(one, other)),
        }
