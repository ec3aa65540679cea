"""A random console with plausible settings: what a mix is worth that knows nothing of what it mixes.

Drawn from console.losses.prior, not evenly: levels around equal loudness, professional ranges of filters and
compressors, moves as large as an engineer's hand makes them. Of the stems nothing but their loudness takes part.
"""

import hashlib
import math
from dataclasses import replace

import numpy as np

from bridge.evaluation.plain import equal_gains_db
from bridge.evaluation.values import Task
from console.frozen import FrozenMap
from console.losses.prior import PROFESSIONAL, PROFESSIONAL_LEVEL_DB, USUAL_MOVES
from console.mix import Band, BandType, Bus, BusKind, Compressor, Equalizer, Highpass, Mix, Reverb, TrackStrip
from console.params import PARAMS, Scale
from console.session import neutral_mix

#: What is in use, as a share of the strips, and how many bells of an equalizer are.
_SHARES = {"highpass": 0.5, "equalizer": 0.8, "compressor": 0.6, "send": 0.5}
_BELLS = 3
_SEND_DB = -18.0
_REVERB = "reverb"


def random_mix(task: Task) -> Mix:
    """A plausible mix of a session by chance; the same seed and tracks give the same."""
    names = "\n".join(track.id for track in task.session.tracks)
    tracks_seed = int.from_bytes(
        hashlib.blake2b(names.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    )
    random = np.random.default_rng([task.seed, tracks_seed])
    start = neutral_mix(task.session)
    gains_db = equal_gains_db(task.session, task.analysis)
    reverb = Reverb(
        decay_s=_clamped("reverb.decay_s", 1.4 * 2.0 ** random.normal(0.0, 0.5)),
        predelay_ms=_clamped("reverb.predelay_ms", 20.0 * 2.0 ** random.normal(0.0, 0.5)),
    )
    tracks = tuple(_strip(strip, gains_db.get(strip.id), task, random) for strip in start.tracks)
    buses = (Bus(id=_REVERB, kind=BusKind.FX, reverb=reverb),)
    return replace(start, tracks=tracks, buses=buses, estimator="random", seed=task.seed)


def _strip(strip: TrackStrip, gain_db: float | None, task: Task, random: np.random.Generator) -> TrackStrip:
    """One strip; a silent or muted one stays as it is, but draws as many numbers."""
    used = {name: random.random() < share for name, share in _SHARES.items()}
    fader_db = random.normal(0.0, USUAL_MOVES["fader_db"])
    pan = random.normal(0.0, USUAL_MOVES["pan"])
    send_db = random.normal(_SEND_DB, USUAL_MOVES["send_db"])
    highpass = Highpass(used["highpass"], _professional("highpass.frequency_hz", random))
    equalizer = Equalizer(used["equalizer"], _bands(random))
    compressor = _compressor(used["compressor"], random)
    if gain_db is None or strip.muted:
        return strip
    # The trim brings the stem to the level that the professional thresholds refer to; the fader to its place.
    trim_db = _clamped(
        "input.gain_db", PROFESSIONAL_LEVEL_DB - task.analysis.tracks[strip.id].integrated_lufs
    )
    level_db = task.analysis.tracks[strip.id].integrated_lufs + gain_db
    return replace(
        strip,
        input=replace(strip.input, gain_db=trim_db),
        highpass=highpass,
        equalizer=equalizer,
        compressor=compressor,
        pan=_clamped("strip.pan", pan),
        fader_db=_clamped("strip.fader_db", level_db - PROFESSIONAL_LEVEL_DB + fader_db),
        sends=FrozenMap({_REVERB: _clamped("strip.send_db", send_db)}) if used["send"] else FrozenMap(),
    )


def _bands(random: np.random.Generator) -> tuple[Band, ...]:
    shelves = [(BandType.LOW_SHELF, 60.0, 250.0), (BandType.HIGH_SHELF, 3000.0, 12000.0)]
    shapes = [*shelves, *[(BandType.BELL, 100.0, 8000.0)] * _BELLS]
    return tuple(
        Band(
            shape,
            math.exp(random.uniform(math.log(low_hz), math.log(high_hz))),
            _clamped("equalizer.gain_db", random.normal(0.0, USUAL_MOVES["equalizer_db"])),
            0.71 if shape is not BandType.BELL else _clamped("equalizer.q", 2.0 ** random.normal(0.0, 0.7)),
        )
        for shape, low_hz, high_hz in shapes
    )


def _compressor(enabled: bool, random: np.random.Generator) -> Compressor:
    drawn = {
        name: _professional(f"compressor.{name}", random)
        for name in ("threshold_db", "ratio", "attack_ms", "release_ms", "makeup_db")
    }
    return Compressor(enabled=enabled, **drawn)


def _professional(name: str, random: np.random.Generator) -> float:
    """A value between the 10th and the 90th percentile, as often below the median as above it."""
    points = np.array(PROFESSIONAL[name])
    log = PARAMS[name].scale is Scale.LOG
    value = float(np.interp(random.random(), (0.0, 0.5, 1.0), np.log(points) if log else points))
    return _clamped(name, math.exp(value) if log else value)


def _clamped(name: str, value: float) -> float:
    return PARAMS[name].clamp(float(value))
