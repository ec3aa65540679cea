"""Plausible consoles by chance: drawn from where professionals keep their knobs, not evenly over their range."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from console.errors import ParamError
from console.frozen import FrozenMap
from console.losses.prior import PROFESSIONAL, PROFESSIONAL_LEVEL_DB, USUAL_MOVES
from console.mix import (
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Equalizer,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.params import Scale, spec
from console.session import Role

#: How often each part of a strip is in use.
_SHARES = {"highpass": 0.5, "lowpass": 0.1, "equalizer": 0.75, "compressor": 0.55, "send": 0.5}
_MASTER_SHARES = {"equalizer": 0.5, "compressor": 0.5, "limiter": 0.6}
_MOST_BELLS = 3
_SEND_DB = -16.0
_CENTRED = frozenset({Role.KICK, Role.SNARE, Role.BASS, Role.LEAD_VOCAL})
_CENTRED_PAN = 0.05
_LEVEL_DB = -24.0
#: What carries a song stands above the rest, by so many dB.
_FORWARD_DB = {
    Role.LEAD_VOCAL: 4.0,
    Role.KICK: 2.0,
    Role.SNARE: 2.0,
    Role.BASS: 1.0,
    Role.PAD: -3.0,
    Role.FX: -4.0,
}


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What a console by chance has to know of a track: id, role, channels, and loudness in LUFS (−inf: silent)."""

    id: str
    role: Role
    channels: int
    level_lufs: float


def random_console(tracks: Sequence[TrackFacts], rng: np.random.Generator, sample_rate_hz: int) -> Mix:
    """A plausible mix of these tracks: levels around equal loudness with the leading roles forward.

    The trim brings each track to the level that professional thresholds refer to. Every track draws equally many
    numbers, in the order given: the same seed and tracks give the same mix.

    Raises:
        ParamError: no tracks, or a sample rate outside its range.
    """
    if not tracks:
        raise ParamError("there are no tracks to mix; give one or more")
    reverb = Reverb(
        decay_s=_near("reverb.decay_s", 1.4, 0.5, rng),
        predelay_ms=_near("reverb.predelay_ms", 20.0, 0.5, rng),
        size=spec("reverb.size").clamp(rng.normal(0.5, 0.2)),
        damping=spec("reverb.damping").clamp(rng.normal(0.4, 0.2)),
        low_cut_hz=_near("reverb.low_cut_hz", 180.0, 0.5, rng),
        high_cut_hz=_near("reverb.high_cut_hz", 9000.0, 0.4, rng),
    )
    strips = tuple(_strip(track, rng) for track in tracks)
    return Mix(
        sample_rate_hz, strips, (Bus("reverb", BusKind.FX, reverb=reverb),), _master(rng), estimator="chance"
    )


def _strip(track: TrackFacts, rng: np.random.Generator) -> TrackStrip:
    used = {name: bool(rng.random() < share) for name, share in _SHARES.items()}
    move_db = rng.normal(0.0, USUAL_MOVES["fader_db"])
    pan = rng.normal(0.0, _CENTRED_PAN if track.role in _CENTRED else USUAL_MOVES["pan"])
    width = rng.normal(1.0, USUAL_MOVES["width"] / 2.0)
    send_db = rng.normal(_SEND_DB, USUAL_MOVES["send_db"])
    highpass = Highpass(
        used["highpass"], professional("highpass.frequency_hz", rng), int(rng.choice((12, 24)))
    )
    lowpass = Lowpass(used["lowpass"], _near("lowpass.frequency_hz", 11_000.0, 0.4, rng))
    equalizer = Equalizer(used["equalizer"], _bands(rng, USUAL_MOVES["equalizer_db"]))
    compressor = _compressor(used["compressor"], rng)
    heard = math.isfinite(track.level_lufs)
    trim_db = PROFESSIONAL_LEVEL_DB - track.level_lufs if heard else 0.0
    fader_db = _LEVEL_DB - PROFESSIONAL_LEVEL_DB + _FORWARD_DB.get(track.role, 0.0) + move_db
    return TrackStrip(
        track.id,
        role=str(track.role),
        input=Input(gain_db=spec("input.gain_db").clamp(trim_db)),
        highpass=highpass,
        lowpass=lowpass,
        equalizer=equalizer,
        compressor=compressor,
        width=spec("strip.width").clamp(width) if track.channels == 2 else 1.0,
        pan=spec("strip.pan").clamp(pan),
        fader_db=spec("strip.fader_db").clamp(fader_db),
        sends=FrozenMap({"reverb": spec("strip.send_db").clamp(send_db)} if used["send"] else {}),
    )


def _master(rng: np.random.Generator) -> Master:
    used = {name: bool(rng.random() < share) for name, share in _MASTER_SHARES.items()}
    equalizer = Equalizer(used["equalizer"], _bands(rng, USUAL_MOVES["equalizer_db"] / 2.0))
    compressor = Compressor(
        used["compressor"],
        threshold_db=spec("compressor.threshold_db").clamp(rng.normal(-18.0, 4.0)),
        ratio=_near("compressor.ratio", 2.0, 0.4, rng),
        attack_ms=_near("compressor.attack_ms", 20.0, 0.7, rng),
        release_ms=_near("compressor.release_ms", 200.0, 0.7, rng),
        makeup_db=spec("compressor.makeup_db").clamp(rng.normal(2.0, 1.5)),
    )
    limiter = Limiter(used["limiter"], ceiling_dbtp=spec("limiter.ceiling_dbtp").clamp(rng.normal(-1.0, 0.5)))
    fader_db = spec("strip.fader_db").clamp(rng.normal(0.0, USUAL_MOVES["master_db"] / 2.0))
    return Master(equalizer=equalizer, compressor=compressor, limiter=limiter, fader_db=fader_db)


def _bands(rng: np.random.Generator, move_db: float) -> tuple[Band, ...]:
    """Two shelves and three bells; how many of the bells do something is drawn too."""
    working = int(rng.integers(0, _MOST_BELLS + 1))
    shapes = [(BandType.LOW_SHELF, 60.0, 250.0), *[(BandType.BELL, 100.0, 8000.0)] * _MOST_BELLS]
    bands = []
    for number, (shape, low_hz, high_hz) in enumerate([*shapes, (BandType.HIGH_SHELF, 3000.0, 12_000.0)]):
        frequency_hz = math.exp(rng.uniform(math.log(low_hz), math.log(high_hz)))
        gain_db = spec("equalizer.gain_db").clamp(rng.normal(0.0, move_db))
        q = _near("equalizer.q", 1.0, 0.7, rng)
        if shape is BandType.BELL and number > working:
            continue
        bands.append(Band(shape, frequency_hz, gain_db, q if shape is BandType.BELL else 0.71))
    return tuple(bands)


def _compressor(enabled: bool, rng: np.random.Generator) -> Compressor:
    names = ("threshold_db", "ratio", "attack_ms", "release_ms", "makeup_db")
    return Compressor(enabled=enabled, **{name: professional(f"compressor.{name}", rng) for name in names})


def professional(name: str, rng: np.random.Generator) -> float:
    """A value around the professionals' median: half of a normal law to each side that has their 10 % and 90 %."""
    log = spec(name).scale is Scale.LOG
    low, median, high = (math.log(point) if log else point for point in PROFESSIONAL[name])
    draw = float(np.clip(rng.normal(), -2.0, 2.0)) / _NORMAL_90
    value = median + draw * (high - median if draw > 0.0 else median - low)
    return spec(name).clamp(math.exp(value) if log else value)


#: The 90th percentile of the normal law.
_NORMAL_90 = 1.2815515655446004


def _near(name: str, median: float, octaves: float, rng: np.random.Generator) -> float:
    return spec(name).clamp(median * 2.0 ** float(rng.normal(0.0, octaves)))
