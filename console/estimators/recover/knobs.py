"""The knobs of a strip that least squares may move: how far a step may go, and where a knob stands without evidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import log2
from typing import Any

from console.frozen import FrozenMap
from console.mix import Automation, TrackStrip
from console.params import PARAMS, ParamSpec, Scale
from console.units import db_to_gain, gain_to_db

#: Longest step at once and width of the prior, by table row: octaves on a log scale, else the row's own unit.
_SIZES: dict[str, tuple[float, float]] = {
    "strip.fader_db": (6.0, 40.0),
    "strip.pan": (0.3, 2.0),
    "strip.width": (0.3, 0.5),
    "strip.send_db": (0.5, 2.0),  # as an amplitude
    "highpass.frequency_hz": (0.5, 2.0),
    "lowpass.frequency_hz": (0.5, 2.0),
    "equalizer.frequency_hz": (0.4, 1.0),
    "equalizer.gain_db": (3.0, 4.0),
    "equalizer.q": (0.5, 1.0),
    "compressor.threshold_db": (4.0, 15.0),
    "compressor.ratio": (0.5, 1.0),
    "compressor.attack_ms": (1.0, 3.0),
    "compressor.release_ms": (1.0, 2.0),
    "compressor.knee_db": (1.0, 1.5),
}
_DELTA_DB, _DELTA_OCTAVES, _DELTA_PLAIN = 0.02, 0.005, 0.002
#: A send that is off, in dB: below it a send is not there.
SILENT_SEND_DB = -60.0
#: q of a shelf stays where it is no resonance, and that of a bell where it is no whistle.
_Q_RANGES = {"bell": (0.2, 10.0), "low_shelf": (0.3, 1.5), "high_shelf": (0.3, 1.5)}
#: A low shelf is a high shelf of the opposite gain and another fader: each keeps to its half of the spectrum.
_SHELVES_HZ = {"low_shelf": (20.0, 1000.0), "high_shelf": (1000.0, 20000.0)}
#: No engineer moves a band further; what would need more is explained by something else.
_MOST_GAIN_DB = 12.0


@dataclass(frozen=True, slots=True)
class Knob:
    """One number of a strip: its path there, and its row of the table."""

    name: str
    row: str

    @property
    def is_send(self) -> bool:
        """Whether it is a send, which moves as an amplitude."""
        return self.row == "strip.send_db"

    @property
    def is_fader(self) -> bool:
        """Whether it is the fader, or a break point of its moves."""
        return self.row == "strip.fader_db"

    @property
    def bus(self) -> str:
        """The bus of a send."""
        return self.name.partition(".")[2]

    @property
    def spec(self) -> ParamSpec:
        """Its row of the table."""
        return PARAMS[self.row]

    @property
    def longest_step(self) -> float:
        """How far it may go at once, in its coordinate."""
        return _SIZES[self.row][0]

    @property
    def prior_width(self) -> float:
        """How far from where it started it is likely to end, in its coordinate."""
        return _SIZES[self.row][1]


def coordinate(strip: TrackStrip, knob: Knob) -> float:
    """Where the knob stands: octaves on a log scale, an amplitude for a send, else its own unit."""
    if knob.is_send:
        return db_to_gain(strip.sends[knob.bus]) if knob.bus in strip.sends else 0.0
    value = _value(strip, knob)
    return log2(value) if knob.spec.scale is Scale.LOG else value


def set_to(strip: TrackStrip, knob: Knob, position: float) -> TrackStrip:
    """The strip with the knob at a coordinate, held inside its range."""
    if knob.is_send:
        level_db = knob.spec.clamp(gain_to_db(position)) if position > 0.0 else -90.0
        sends = {**strip.sends, knob.bus: level_db}
        if level_db < SILENT_SEND_DB:
            del sends[knob.bus]
        return replace(strip, sends=FrozenMap(sends))
    value = 2.0**position if knob.spec.scale is Scale.LOG else position
    low, high = likely_range(knob.row, _band(strip, knob).type if knob.row.startswith("equalizer.") else "")
    return _with_value(strip, knob, min(max(value, low), high))


def likely_range(row: str, kind: str = "") -> tuple[float, float]:
    """Where a number of the table is looked for, by the kind of its band or filter."""
    if row == "equalizer.q":
        return _Q_RANGES[kind]
    if row == "equalizer.gain_db":
        return -_MOST_GAIN_DB, _MOST_GAIN_DB
    if row == "equalizer.frequency_hz" and kind in _SHELVES_HZ:
        return _SHELVES_HZ[kind]
    return PARAMS[row].low, PARAMS[row].high


def moved(strip: TrackStrip, knob: Knob) -> tuple[TrackStrip, float]:
    """The strip with the knob a little off, to whichever side has room, and by how much."""
    delta = _DELTA_OCTAVES if knob.spec.scale is Scale.LOG else _DELTA_PLAIN
    if knob.spec.scale is Scale.DB:
        delta = _DELTA_DB
    here = coordinate(strip, knob)
    other = set_to(strip, knob, here + delta)
    if abs(coordinate(other, knob) - here) < 0.5 * delta:
        other, delta = set_to(strip, knob, here - delta), -delta
    return other, delta


def knobs_of(strip: TrackStrip, wide: bool, buses: Collection[str], locked: Collection[str]) -> list[Knob]:
    """Every knob of what is switched on in a strip, but for what is locked; a width where the track is wide."""
    points = strip.automation.fader_db
    faders = [f"automation.{index}" for index in range(len(points))] or ["fader_db"]
    found = [*(Knob(name, "strip.fader_db") for name in faders), Knob("pan", "strip.pan")]
    if wide:
        found.append(Knob("width", "strip.width"))
    for name in ("highpass", "lowpass"):
        if getattr(strip, name).enabled:
            found.append(Knob(f"{name}.frequency_hz", f"{name}.frequency_hz"))
    if strip.equalizer.enabled:
        for index in range(len(strip.equalizer.bands)):
            for number in ("frequency_hz", "gain_db", "q"):
                found.append(Knob(f"equalizer.{index}.{number}", f"equalizer.{number}"))
    if strip.compressor.enabled:
        for number in ("threshold_db", "ratio", "attack_ms", "release_ms", "knee_db"):
            found.append(Knob(f"compressor.{number}", f"compressor.{number}"))
    found += [Knob(f"sends.{bus}", "strip.send_db") for bus in buses]
    return [knob for knob in found if not is_locked(knob.name, locked)]


def is_locked(name: str, locked: Collection[str]) -> bool:
    """Whether a knob, or what it belongs to, is among the locks of a strip."""
    module = name.partition(".")[0]
    return bool({"all", module, name, name.replace("equalizer.", "equalizer.bands.")} & set(locked))


def _band(strip: TrackStrip, knob: Knob) -> Any:
    return strip.equalizer.bands[int(knob.name.split(".")[1])]


def _value(strip: TrackStrip, knob: Knob) -> float:
    path = knob.name.split(".")
    if path[0] == "equalizer":
        return float(getattr(_band(strip, knob), path[2]))
    if path[0] == "automation":
        return strip.automation.fader_db[int(path[1])][1]
    owner = getattr(strip, path[0]) if len(path) == 2 else strip
    return float(getattr(owner, path[-1]))


def _with_value(strip: TrackStrip, knob: Knob, value: float) -> TrackStrip:
    path = knob.name.split(".")
    change: dict[str, Any]
    if path[0] == "equalizer":
        bands = list(strip.equalizer.bands)
        bands[int(path[1])] = replace(_band(strip, knob), **{path[2]: value})
        return replace(strip, equalizer=replace(strip.equalizer, bands=tuple(bands)))
    if path[0] == "automation":
        points = list(strip.automation.fader_db)
        points[int(path[1])] = (points[int(path[1])][0], value)
        return replace(strip, automation=Automation(tuple(points)))
    if len(path) == 2:
        change = {path[0]: replace(getattr(strip, path[0]), **{path[1]: value})}
    else:
        change = {path[0]: value}
    return replace(strip, **change)
