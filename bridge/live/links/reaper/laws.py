"""What the normalised parameters of REAPER's plugins mean: from 0 … 1 as OSC says it to the console's units and back.

The laws are those of the exporters' tables. A parameter is found by the name that REAPER gives it.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from bridge.live.values import Knob
from console.mix import BandType
from console.params import Scale, spec
from console.units import db_to_gain, gain_to_db
from exporters.reaper.slots import REACOMP, REAGATE, REAVERBATE, Slot, SlotTable
from exporters.reaper.space import DECAY_RANGE_S, OWN_PREDELAY_MS, decay_of_room, room_of_decay

#: What a linear gain of nothing reads in dB.
SILENT_DB = -150.0

#: What float32 leaves of a gain in dB, with room for a plugin's own rounding.
GAIN_RESOLUTION_DB = 1e-3


@dataclass(frozen=True, slots=True)
class Law:
    """How one number 0 … 1 stands for a value: both ways, and between which values.

    Numbers go as float32. `resolution` is what that leaves, in the value's own measure (see `Knob`); a law without
    one is even along its travel.
    """

    decode: Callable[[float], float]
    encode: Callable[[float], float]
    low: float
    high: float
    resolution: float = 0.0

    def knob(self, parameter: str, *, told: bool) -> Knob:
        """The knob that has this law."""
        if self.resolution:
            return Knob(parameter, self.low, self.high, self.resolution, told=told)
        return Knob(parameter, self.low, self.high, position=self.encode, told=told)


@dataclass(frozen=True, slots=True)
class Row:
    """A plugin's parameter: the name REAPER gives it, where it stands when the names are unknown, its law."""

    name: str
    index: int
    parameter: str
    law: Law
    #: What REAPER may print beside the number, where that is not the console's value.
    printed: tuple[Law, ...] = ()


def decibels(gain: float) -> float:
    """A linear gain in dB, −150 dB for silence."""
    return max(gain_to_db(gain), SILENT_DB) if gain > 0.0 else SILENT_DB


def linear(slot: Slot, offset: float = 0.0, floor: float = 0.0) -> Law:
    """The law of a slot; OSC says a slot's number as a share of its top. `offset` is added to the knob's value.

    A knob that the console moves by logarithm has a `floor`, which stands for nothing at all.
    """
    low, high = slot.range

    def encode(value: float) -> float:
        return slot.pack(value - offset) / slot.top if value > floor or not floor else 0.0

    def decode(position: float) -> float:
        return max(slot.unpack(position * slot.top) + offset, floor)

    return Law(decode, encode, max(low + offset, floor), high + offset)


def _floor(parameter: str) -> float:
    """A tenth of the console's lowest value where the console counts by logarithm, else 0."""
    row = spec(parameter)
    return row.low / 10.0 if row.scale is Scale.LOG else 0.0


def level(slot: Slot) -> Law:
    """The law of a slot that holds a linear gain, in dB."""
    return Law(
        lambda position: decibels(slot.unpack(position * slot.top)),
        lambda value: slot.pack(db_to_gain(value) if value > SILENT_DB else 0.0) / slot.top,
        SILENT_DB,
        gain_to_db(slot.range[1]),
        GAIN_RESOLUTION_DB,
    )


def _rows(table: SlotTable, names: dict[str, tuple[str, str]]) -> tuple[Row, ...]:
    rows = []
    for name, (knob, parameter) in names.items():
        slot = table.slots[knob]
        law = level(slot) if knob in ("threshold", "wet") else linear(slot, 0.0, _floor(parameter))
        rows.append(Row(name, slot.index, parameter, law))
    return tuple(rows)


def _verbate(knob: str) -> Slot:
    return REAVERBATE.slots[knob]


#: Shares of a knob, which REAPER prints as they are or in percent.
_SHARE = linear(Slot(0))
_SHARES = (_SHARE, linear(Slot(0, scale=100.0)))

#: ReaVerbate's room size by the decay that it was measured to have.
_DECAY = Law(decay_of_room, room_of_decay, *DECAY_RANGE_S)

#: The length of ReaDelay's tap: a share of ten seconds.
_DELAY_MS = linear(Slot(0, scale=10_000.0), 0.0, _floor("delay.time_ms"))

#: Plugin → its parameters that are one knob of the console each.
ROWS: MappingProxyType[str, tuple[Row, ...]] = MappingProxyType(
    {
        "ReaComp": _rows(
            REACOMP,
            {
                "Threshold": ("threshold", "compressor.threshold_db"),
                "Ratio": ("ratio", "compressor.ratio"),
                "Attack": ("attack_ms", "compressor.attack_ms"),
                "Release": ("release_ms", "compressor.release_ms"),
                "Knee": ("knee_db", "compressor.knee_db"),
                "Wet": ("wet", "compressor.makeup_db"),
            },
        ),
        "ReaGate": _rows(
            REAGATE,
            {
                "Threshold": ("threshold", "gate.threshold_db"),
                "Attack": ("attack_ms", "gate.attack_ms"),
                "Hold": ("hold_ms", "gate.hold_ms"),
                "Release": ("release_ms", "gate.release_ms"),
            },
        ),
        "ReaVerbate": (
            Row("Room size", 2, "reverb.decay_s", _DECAY, _SHARES),
            Row("Dampening", 3, "reverb.damping", linear(_verbate("damping")), _SHARES),
            Row(
                "Initial delay",
                5,
                "reverb.predelay_ms",
                linear(_verbate("predelay_ms"), OWN_PREDELAY_MS),
                (linear(_verbate("predelay_ms")),),
            ),
            Row(
                "Lowpass",
                6,
                "reverb.high_cut_hz",
                linear(_verbate("lowpass_hz"), 0.0, _floor("reverb.high_cut_hz")),
            ),
            Row(
                "Highpass",
                7,
                "reverb.low_cut_hz",
                linear(_verbate("highpass_hz"), 0.0, _floor("reverb.low_cut_hz")),
            ),
        ),
        "ReaDelay": (
            Row("1: Length (time)", 3, "delay.time_ms", _DELAY_MS),
            Row("1: Feedback", 5, "delay.feedback", _SHARE, (_SHARE, level(Slot(0)))),
        ),
    }
)

#: ReaEQ's parameter of a band's frequency: 20 + 59.95 · (401^x − 1) Hz.
EQ_FREQUENCY = Law(
    lambda x: 20.0 + 59.95 * (math.pow(401.0, x) - 1.0),
    lambda hz: math.log((hz - 20.0) / 59.95 + 1.0) / math.log(401.0),
    20.0,
    24000.0,
    1e-5,
)

_TOP_GAIN = 4.0


def _bent_gain(x: float) -> float:
    return 2.0 * x if x <= 0.5 else 1.0 + (x - 0.5) * 6.0


def _gain_law(decode: Callable[[float], float], encode: Callable[[float], float]) -> Law:
    return Law(
        lambda x: decibels(decode(x)),
        lambda value: encode(db_to_gain(value) if value > SILENT_DB else 0.0),
        SILENT_DB,
        gain_to_db(_TOP_GAIN),
        GAIN_RESOLUTION_DB,
    )


#: ReaEQ's gain is told in one of two ways: bent so that 0 dB is half way, as automation has it, or straight. Which of
#: them, REAPER's own text beside the number tells.
EQ_GAINS = (
    _gain_law(_bent_gain, lambda gain: gain / 2.0 if gain <= 1.0 else 0.5 + (gain - 1.0) / 6.0),
    _gain_law(lambda x: _TOP_GAIN * x, lambda gain: gain / _TOP_GAIN),
)

#: ReaEQ's bandwidth in octaves.
EQ_OCTAVES = Law(lambda x: 4.0 * x, lambda octaves: octaves / 4.0, 0.01, 4.0, 1e-5)

#: A band's type in the names of ReaEQ's parameters: the console's type, or its filter.
EQ_TYPES: MappingProxyType[str, BandType | str] = MappingProxyType(
    {
        "Low Shelf": BandType.LOW_SHELF,
        "Band": BandType.BELL,
        "Band (alt)": BandType.BELL,
        "Band (alt 2)": BandType.BELL,
        "High Shelf": BandType.HIGH_SHELF,
        "High Pass": "highpass",
        "Low Pass": "lowpass",
    }
)

_NUMBER = re.compile(r"[-+]?\d+(?:\.(\d*))?")


def matches_text(law: Law, position: float, text: str) -> bool | None:
    """Whether a law gives what REAPER printed for a position; None where it printed no number.

    A printed number is good to half of its last digit and a thousandth of itself.
    """
    if "inf" in text.lower():
        return law.decode(position) <= -100.0
    found = _NUMBER.search(text)
    if found is None:
        return None
    printed = float(found.group())
    step = math.pow(10.0, -len(found.group(1) or ""))
    value = law.decode(position)
    at_floor = value <= law.low and printed <= law.low
    return at_floor or abs(value - printed) <= 0.51 * step + 1e-3 * abs(printed)
