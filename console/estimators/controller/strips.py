"""Turns what the network says of a track into a channel strip, with a reason for every part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.analysis.values import TrackAnalysis
from console.estimators.controller.answer import Dials
from console.estimators.rules.excerpts import lost_loudness_db, reduction_db, track_passages
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    BandType,
    Compressor,
    Equalizer,
    Highpass,
    Input,
    Reason,
    TrackStrip,
)
from console.models.controller.hearing import LEVEL_LUFS, Hearing
from console.models.controller.knobs import SHELF_Q, SLOTS
from console.params import PARAMS
from console.session import DRY_ROLES, ROLE_PHRASES, SessionTrack
from console.words import number, pan_place, signed

#: A high-pass below this, a band of less than this and a ratio up to this do nothing that is worth a module.
_LOWEST_CUT_HZ, LEAST_BAND_DB, LEAST_RATIO = 25.0, 0.25, 1.15
#: A compressor that takes no more than this off the loudest moments is left out.
_LEAST_REDUCTION_DB = 0.5
#: Sends below this are not heard.
_LEAST_SEND_DB = -45.0
#: Bands above this share of the rate are beyond what the session holds.
_MOST_OF_RATE = 0.48
_KNEE_DB = PARAMS["compressor.knee_db"].default
_SHAPES = {BandType.LOW_SHELF: "below", BandType.BELL: "around", BandType.HIGH_SHELF: "above"}
#: Parts of a strip that the controller sets, by whose reasons earlier ones are replaced.
_SET = (
    "input.gain_db",
    "highpass",
    "equalizer",
    "compressor",
    "width",
    "pan",
    "fader_db",
    "sends",
    "automation",
)


@dataclass(frozen=True, slots=True)
class Heard:
    """How loud a track was heard, in `gain_db` to LEVEL_LUFS, and what its trim does of that, `trim_db`."""

    gain_db: float
    trim_db: float

    @property
    def rest_db(self) -> float:
        """By how much the network has heard it louder than it comes out of its trim."""
        return self.gain_db - self.trim_db

    @classmethod
    def of(cls, hearing: Hearing, at: int, base: TrackStrip, *, free: bool) -> Heard:
        """Of the track number `at`; `free`: whether its trim may be moved, which else stays as `base` has it."""
        gain_db = float(hearing.gain_db[at])
        return cls(gain_db, quantised("input.gain_db", gain_db) if free else base.input.gain_db)


def quantised(name: str, value: float) -> float:
    """A value on its parameter's grid, inside its range."""
    row = PARAMS[name]
    return row.quantise(row.clamp(value))


def set_strip(
    base: TrackStrip,
    track: SessionTrack,
    analysis: TrackAnalysis,
    heard: Heard,
    dials: Dials,
    *,
    reverb: str,
    central: bool,
    less_db: float,
    median_db: float,
    sample_rate_hz: int,
) -> TrackStrip:
    """The strip of a track that sounds.

    Args:
        base: polarity, delay, low-pass and gate are its own.
        track: what it is.
        analysis: of its audio.
        heard: how loud it is.
        dials: what the network says.
        reverb: the bus that sends go to.
        central: whether its role keeps a mono track in the middle.
        less_db: what all faders stay below where the network has them.
        median_db: the level of the tracks in the middle of them, for the words.
        sample_rate_hz: the session's rate.
    """
    equalizer = equalizer_of(dials, sample_rate_hz)
    highpass_hz = dials["highpass_hz"]
    cuts = _LOWEST_CUT_HZ <= highpass_hz < _MOST_OF_RATE * sample_rate_hz
    stereo = track.channels == 2
    send_db = quantised("strip.send_db", dials["send_db"])
    wet = send_db > _LEAST_SEND_DB and track.role not in DRY_ROLES
    strip = replace(
        base,
        input=Input(heard.trim_db, base.input.invert_polarity, base.input.delay_ms),
        highpass=Highpass(cuts, quantised("highpass.frequency_hz", highpass_hz)),
        equalizer=equalizer,
        compressor=Compressor(),
        width=quantised("strip.width", dials["width"]) if stereo else 1.0,
        pan=0.0 if central and not stereo else quantised("strip.pan", dials["pan"]),
        fader_db=quantised("strip.fader_db", dials["level_db"] + heard.rest_db - less_db),
        sends=FrozenMap({reverb: send_db} if wet else {}),
        output="master",
        automation=Automation(),
    )
    compressor, reduced_db = _compressor(strip, track, analysis, heard, dials)
    strip = replace(strip, compressor=compressor)
    kept = tuple(reason for reason in base.reasons if not reason.parameter.startswith(_SET))
    reasons = _reasons(strip, track, heard, dials, reduced_db, central, median_db)
    return replace(strip, reasons=(*kept, *reasons))


def equalizer_of(dials: Dials, sample_rate_hz: int) -> Equalizer:
    """The bands that do something."""
    bands = []
    for slot, (kind, *_) in enumerate(SLOTS):
        gain_db = quantised("equalizer.gain_db", dials[f"eq{slot}.gain_db"])
        hz = quantised("equalizer.frequency_hz", dials[f"eq{slot}.frequency_hz"])
        q = dials[f"eq{slot}.q"] if kind is BandType.BELL else SHELF_Q
        if abs(gain_db) >= LEAST_BAND_DB and hz < _MOST_OF_RATE * sample_rate_hz:
            bands.append(Band(kind, hz, gain_db, quantised("equalizer.q", q)))
    return Equalizer(bool(bands), tuple(bands))


def compressor_of(dials: Dials, threshold_db: float, *, makeup_db: float = 0.0) -> Compressor:
    """A compressor as the network has it, switched on."""
    return Compressor(
        enabled=True,
        threshold_db=quantised("compressor.threshold_db", threshold_db),
        ratio=quantised("compressor.ratio", dials["ratio"]),
        attack_ms=quantised("compressor.attack_ms", dials["attack_ms"]),
        release_ms=quantised("compressor.release_ms", dials["release_ms"]),
        knee_db=_KNEE_DB,
        makeup_db=quantised("compressor.makeup_db", makeup_db),
    )


def _compressor(
    strip: TrackStrip, track: SessionTrack, analysis: TrackAnalysis, heard: Heard, dials: Dials
) -> tuple[Compressor, float]:
    """The compressor, its make-up measured on the loudest passages, and what it takes off their loud moments in dB."""
    if dials["ratio"] <= LEAST_RATIO:
        return Compressor(), 0.0
    rate = analysis.sample_rate_hz
    settings = compressor_of(dials, dials["threshold_db"] - heard.rest_db)
    passages = track_passages(track, analysis, strip)
    reduced_db = reduction_db(passages, settings, rate)
    if reduced_db < _LEAST_REDUCTION_DB:
        return Compressor(), 0.0
    made_db = quantised("compressor.makeup_db", lost_loudness_db(passages, settings, rate))
    return replace(settings, makeup_db=made_db), reduced_db


def static_gain_db(level_db: float, threshold_db: float, ratio: float) -> float:
    """Gain of the soft-kneed static curve at a level, 0 or less; Giannoulis et al., JAES 60(6), 2012, eq. 4."""
    over_db = level_db - threshold_db
    slope = 1.0 / ratio - 1.0
    if over_db <= -0.5 * _KNEE_DB:
        return 0.0
    if over_db >= 0.5 * _KNEE_DB:
        return slope * over_db
    return slope * (over_db + 0.5 * _KNEE_DB) ** 2 / (2.0 * _KNEE_DB)


def _reasons(
    strip: TrackStrip,
    track: SessionTrack,
    heard: Heard,
    dials: Dials,
    reduced_db: float,
    central: bool,
    median_db: float,
) -> tuple[Reason, ...]:
    level = dials["level_db"]
    trim = (
        f"{signed(strip.input.gain_db)} dB bring it to {number(LEVEL_LUFS, 0)} LUFS where it plays, from where the "
        "faders are set."
    )
    against = level - median_db
    fader = (
        f"{signed(against)} dB against the tracks in the middle of the mix, once all are equally loud; likely "
        f"{dials.expected_error('level_db'):.1f} dB off."
    )
    return (
        Reason("input.gain_db", trim, FrozenMap({"gain_db": round(heard.gain_db, 2)})),
        Reason("fader_db", fader, dials.figures("level_db", against_median_db=against)),
        Reason("pan", _pan_text(strip, track, central), dials.figures("pan", pan=strip.pan)),
        *_width(strip, track, dials),
        Reason("highpass", _highpass_text(strip, dials), dials.figures("highpass_hz")),
        Reason("equalizer", equalizer_text(strip.equalizer), equalizer_figures(dials, strip.equalizer)),
        Reason(
            "compressor",
            _compressor_text(strip, dials, reduced_db),
            dials.figures("threshold_db", "ratio", reduction_db=reduced_db),
        ),
        Reason("sends", _send_text(strip, track), dials.figures("send_db")),
    )


def _pan_text(strip: TrackStrip, track: SessionTrack, central: bool) -> str:
    phrase = ROLE_PHRASES[track.role].capitalize()
    if track.channels == 1 and central:
        return f"{phrase} carries the song and stays in the middle."
    return f"{phrase}, {pan_place(strip.pan)}: where left and right of the aim have room for it."


def _width(strip: TrackStrip, track: SessionTrack, dials: Dials) -> tuple[Reason, ...]:
    if track.channels == 1:
        return ()
    text = f"Its own image, {100.0 * strip.width:.0f} % as wide as it was recorded."
    return (Reason("width", text, dials.figures("width", width=strip.width)),)


def _highpass_text(strip: TrackStrip, dials: Dials) -> str:
    if not strip.highpass.enabled:
        return "Its lows are left alone."
    hz, off = number(strip.highpass.frequency_hz, 0), dials.expected_error("highpass_hz")
    return f"Nothing that the mix needs of it lies under {hz} Hz, give or take {off:.1f} octaves."


def equalizer_text(equalizer: Equalizer) -> str:
    """The bands in words."""
    if not equalizer.bands:
        return "Its tone is left as it is."
    moves = [
        f"{signed(band.gain_db)} dB {_SHAPES[band.type]} {number(band.frequency_hz, 0)} Hz"
        for band in equalizer.bands
    ]
    return f"{', '.join(moves)}: brings the mix's spectrum nearer to the aim's."


def equalizer_figures(dials: Dials, equalizer: Equalizer) -> FrozenMap[float]:
    """Confidence in the gains, and their expected error in dB."""
    names = [f"eq{slot}.gain_db" for slot in range(len(SLOTS))]
    return FrozenMap(
        {
            "confidence": round(dials.confidence(*names), 3),
            "expected_error": round(dials.expected_error(*names), 3),
            "bands": float(len(equalizer.bands)),
        }
    )


def _compressor_text(strip: TrackStrip, dials: Dials, reduced_db: float) -> str:
    settings = strip.compressor
    if not settings.enabled:
        return "Its dynamics are left alone."
    return (
        f"{settings.ratio:g}:1 from {number(settings.threshold_db)} dBFS, attack {settings.attack_ms:g} ms, release "
        f"{settings.release_ms:g} ms: its loudest passages are reduced by {reduced_db:.1f} dB or more for a twentieth "
        f"of the time, and {signed(settings.makeup_db)} dB of make-up give their loudness back. The threshold is "
        f"likely {dials.expected_error('threshold_db'):.1f} dB off."
    )


def _send_text(strip: TrackStrip, track: SessionTrack) -> str:
    if not strip.sends:
        low = f"{ROLE_PHRASES[track.role].capitalize()} stays dry, so that the lows stay clear."
        return low if track.role in DRY_ROLES else "Stays dry."
    name, level_db = next(iter(strip.sends.items()))
    return f"{number(level_db)} dB to {name!r}, for as much space as the aim has at its sides."
