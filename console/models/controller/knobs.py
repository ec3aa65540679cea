"""The knobs that the controller sets: of each how far it reaches, on which scale, and where it rests; numpy alone.

A network's raw numbers become positions by a smooth squashing and positions become values on the knob's own scale; the
order of the table is the order of the network's outputs, and nobody else counts on it but by `index`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from console.mix import BandType
from console.params import Scale, spec

Array = NDArray[np.float64]

#: The bands of an equalizer, in their slots, and where each may lie in Hz.
SLOTS: tuple[tuple[BandType, float, float, float], ...] = (
    (BandType.LOW_SHELF, 50.0, 120.0, 400.0),
    (BandType.BELL, 60.0, 200.0, 600.0),
    (BandType.BELL, 200.0, 600.0, 2000.0),
    (BandType.BELL, 800.0, 2000.0, 5000.0),
    (BandType.BELL, 2500.0, 5000.0, 12000.0),
    (BandType.HIGH_SHELF, 2500.0, 8000.0, 14000.0),
)
SHELF_Q = 0.71


@dataclass(frozen=True, slots=True)
class Knob:
    """One knob of the controller.

    - `name`: its own; `param`: its row in console.params ("" where it is worked out further);
    - `low`, `rest`, `high`: its reach, and where it stands when the network says nothing;
    - `step`: a usual move, by which errors are counted; in octaves where the scale is logarithmic.
    """

    name: str
    param: str
    low: float
    rest: float
    high: float
    step: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.rest < self.high or self.step <= 0.0:
            raise ParamError(
                f"{self.name} reaches from {self.low:g} to {self.high:g} and rests at {self.rest:g}; "
                "give a rest between its ends and a step above 0"
            )

    @property
    def ends(self) -> tuple[float, float, float]:
        """Low, rest and high on the knob's own scale: octaves where it is logarithmic."""
        points = (self.low, self.rest, self.high)
        if not self.log:
            return points
        low, rest, high = (float(np.log2(point)) for point in points)
        return low, rest, high


def _knob(
    name: str, param: str, low: float, rest: float, high: float, step: float, *, log: bool | None = None
) -> Knob:
    if param:
        row = spec(param)
        log = row.scale is Scale.LOG if log is None else log
        if not row.low <= low < high <= row.high:
            raise ParamError(f"{name} reaches from {low:g} to {high:g}, outside {param}: {row.range_text}")
    return Knob(name, param, low, rest, high, step, bool(log))


def _equalizer(most_db: float, rest_q: float = 1.0) -> tuple[Knob, ...]:
    knobs = []
    for slot, (kind, low_hz, rest_hz, high_hz) in enumerate(SLOTS):
        knobs.append(_knob(f"eq{slot}.gain_db", "equalizer.gain_db", -most_db, 0.0, most_db, 3.0))
        knobs.append(_knob(f"eq{slot}.frequency_hz", "equalizer.frequency_hz", low_hz, rest_hz, high_hz, 0.5))
        if kind is BandType.BELL:
            knobs.append(_knob(f"eq{slot}.q", "equalizer.q", 0.4, rest_q, 4.0, 0.5))
    return tuple(knobs)


#: Knobs of a track. `level_db`: of the fader, of a track heard at LEVEL_LUFS, up to what all share.
TRACK_KNOBS: tuple[Knob, ...] = (
    _knob("level_db", "strip.fader_db", -36.0, 0.0, 12.0, 4.0),
    _knob("pan", "strip.pan", -1.0, 0.0, 1.0, 0.4),
    _knob("width", "strip.width", 0.0, 1.0, 2.0, 0.4),
    _knob("highpass_hz", "highpass.frequency_hz", 10.0, 30.0, 400.0, 0.5),
    *_equalizer(9.0),
    _knob("threshold_db", "compressor.threshold_db", -40.0, -14.0, 0.0, 6.0),
    _knob("ratio", "compressor.ratio", 1.0, 1.3, 8.0, 1.0),
    _knob("attack_ms", "compressor.attack_ms", 0.3, 5.0, 60.0, 1.5),
    _knob("release_ms", "compressor.release_ms", 25.0, 150.0, 900.0, 1.5),
    _knob("send_db", "strip.send_db", -60.0, -36.0, 0.0, 6.0),
)

#: Knobs of the reverb and the master. `headroom_db`: of the limiter's ceiling over −18 LUFS.
MASTER_KNOBS: tuple[Knob, ...] = (
    _knob("decay_s", "reverb.decay_s", 0.3, 1.2, 5.0, 0.5),
    _knob("low_cut_hz", "reverb.low_cut_hz", 60.0, 180.0, 800.0, 0.7),
    *_equalizer(6.0),
    _knob("threshold_db", "compressor.threshold_db", -30.0, -10.0, 0.0, 6.0),
    _knob("ratio", "compressor.ratio", 1.0, 1.2, 4.0, 1.0),
    _knob("attack_ms", "compressor.attack_ms", 1.0, 15.0, 100.0, 1.5),
    _knob("release_ms", "compressor.release_ms", 40.0, 200.0, 800.0, 1.5),
    _knob("headroom_db", "", 4.0, 17.0, 24.0, 3.0, log=False),
)

TABLES: Mapping[str, tuple[Knob, ...]] = MappingProxyType({"tracks": TRACK_KNOBS, "master": MASTER_KNOBS})
_PLACES = MappingProxyType(
    {place: {knob.name: at for at, knob in enumerate(table)} for place, table in TABLES.items()}
)


def index(place: str, name: str) -> int:
    """Where a knob stands in its table.

    Raises:
        ParamError: there is no such knob.
    """
    try:
        return _PLACES[place][name]
    except KeyError:
        raise ParamError(f"the controller has no knob {name!r} of {place!r}; see TABLES") from None


def ends(place: str) -> tuple[Array, Array, Array]:
    """Low, rest and high of all knobs of a place on their own scales, each (knobs,)."""
    low, rest, high = zip(*(knob.ends for knob in TABLES[place]), strict=True)
    return np.array(low), np.array(rest), np.array(high)


def steps(place: str) -> Array:
    """Usual moves of all knobs of a place on their own scales, (knobs,)."""
    return np.array([knob.step for knob in TABLES[place]])


def on_scale(place: str, name: str, value: float) -> float:
    """A value on its knob's own scale, inside its reach."""
    knob = TABLES[place][index(place, name)]
    low, _, high = knob.ends
    return min(max(float(np.log2(max(value, 1e-9))) if knob.log else value, low), high)


def in_units(place: str, scaled: Array) -> Array:
    """Numbers on the knobs' own scales, (…, knobs), in the units of the parameters."""
    log = np.array([knob.log for knob in TABLES[place]])
    return np.where(log, 2.0 ** np.where(log, scaled, 0.0), scaled)
