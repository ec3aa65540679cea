"""The knobs of a track's devices: which of Live's parameters stand for which of the console's."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.live.links.ableton.devices import (
    DEVICE_ON,
    EQ8_BANDS,
    ROWS,
    UTILITY_GAIN,
    UTILITY_WIDTH,
    Row,
    law_of,
)
from bridge.live.links.ableton.laws import BAND_MODES, Law, switch
from exporters.ableton.chain import INPUT, OUTPUT
from exporters.ableton.equalizer import HIGH_CUT_12, LOW_CUT_12

_CUTS: Final = (("highpass", LOW_CUT_12), ("lowpass", HIGH_CUT_12))

#: What makes a device another than the console's: class, parameter, the numbers at which all is well, the note.
_DEVIATIONS: Final = (
    ("Eq8", "Adaptive Q", 0.0, 0.5, "Adaptive Q is on: the EQ's bands get narrower with their gain"),
    ("Compressor2", "Auto Release On/Off", 0.0, 0.5, "the Compressor's release is automatic"),
    ("Compressor2", "Makeup", 0.0, 0.5, "the Compressor makes up for its gain by itself"),
    ("Compressor2", "Model", 0.0, 0.5, "the Compressor does not listen to peaks"),
    ("Compressor2", "Dry/Wet", 0.995, 1.0, "the Compressor mixes in dry sound"),
)

#: Two cuts at one frequency are one filter of twice the slope.
_TWIN_SLOPE: Final = 24.0
_SLOPE: Final = 12.0


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a track as Live lists it: its place, class and name, and its parameters in order."""

    index: int
    class_name: str
    name: str
    names: tuple[str, ...] = ()
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def find(self, row: Row) -> tuple[int, Law] | None:
        """The number of a row's parameter and its law; None where the device lacks it or its range fits none."""
        for name in row.names:
            if name in self.names:
                number = self.names.index(name)
                law = law_of(row, self.lows[number], self.highs[number])
                return None if law is None else (number, law)
        return None

    def value(self, row: Row, default: float) -> float:
        """Where a row's parameter stands, in Live's number; the default where that is not known."""
        found = self.find(row)
        return default if found is None or not math.isfinite(self.values[found[0]]) else self.values[found[0]]

    @property
    def is_on(self) -> bool:
        """Whether it is switched on."""
        return DEVICE_ON not in self.names or self.values[self.names.index(DEVICE_ON)] >= 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """A knob of the console in a device: the numbers of its parameters (two for a filter made of two), and the law.

    One without parameters stands at `fixed`.
    """

    parameter: str
    device: int
    numbers: tuple[int, ...]
    law: Law
    #: What laws that are proved together are known by: the class and the parameter's kind.
    kind: str
    #: Where it stands, in Live's number.
    raw: float
    fixed: float | None = None


@dataclass(slots=True)
class Chain:
    """What a track's devices give."""

    found: list[Found] = field(default_factory=list)
    #: Shapes of bands that must stay as they are: device, number of the parameter, Live's number.
    shapes: list[tuple[int, int, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_devices(devices: Sequence[Device]) -> Chain:
    """The knobs of a track's devices; of two devices for one module the last counts."""
    chain = Chain()
    last = {device.class_name: device for device in devices}
    if "Eq8" in last:
        _read_eq8(chain, last["Eq8"])
    for class_name, rows in ROWS.items():
        if class_name in last:
            _read_rows(chain, last[class_name], rows)
    _read_utilities(chain, devices)
    for class_name, name, low, high, text in _DEVIATIONS:
        device = last.get(class_name)
        if device is None or name not in device.names:
            continue
        if not low <= device.values[device.names.index(name)] <= high:
            chain.notes.append(text)
    return chain


def _read_rows(chain: Chain, device: Device, rows: Sequence[Row]) -> None:
    for row in rows:
        _add(chain, device, row, row.parameter, f"{device.class_name} {row.parameter}")


def _add(chain: Chain, device: Device, row: Row, parameter: str, kind: str) -> None:
    if (found := device.find(row)) is not None:
        number, law = found
        chain.found.append(Found(parameter, device.index, (number,), law, kind, device.values[number]))


def _read_utilities(chain: Chain, devices: Sequence[Device]) -> None:
    """As the exporter's reader has it: ahead of the chain the input's gain, else the width."""
    gain: Device | None = None
    width: Device | None = None
    behind = False
    for device in devices:
        if device.class_name != "StereoGain":
            behind = True
        elif device.is_on:
            if device.name == INPUT or (device.name != OUTPUT and not behind):
                gain = device
            if device.name != INPUT:
                width = device
    if gain is not None:
        _add(chain, gain, UTILITY_GAIN, UTILITY_GAIN.parameter, "StereoGain gain")
    if width is not None:
        _add(chain, width, UTILITY_WIDTH, UTILITY_WIDTH.parameter, "StereoGain width")


def _read_eq8(chain: Chain, device: Device) -> None:
    cuts = {name: list(_cut(device, mode)) for name, mode in _CUTS}
    if any(cuts.values()):
        if not device.is_on:
            chain.notes.append("EQ Eight is off, with filters in it: switch it on in Live to have it moved")
            return
    else:
        on = Row("equalizer.enabled", (DEVICE_ON,), (lambda low, high: switch(),))
        _add(chain, device, on, on.parameter, "Eq8 on")
    for name, bands in cuts.items():
        if bands:
            _add_cut(chain, device, name, bands)
    slot = 0
    for rows in EQ8_BANDS:
        if round(device.value(rows["type"], -1.0)) in BAND_MODES:
            for knob, row in rows.items():
                _add(chain, device, row, f"equalizer.{slot}.{knob}", f"Eq8 {knob}")
            slot += 1
        elif (type_found := device.find(rows["type"])) is not None:
            chain.shapes.append((device.index, type_found[0], device.values[type_found[0]]))


def _cut(device: Device, mode: int) -> Iterator[int]:
    """The band of a cut, and a second one that is its twin."""
    first: int | None = None
    for index, rows in enumerate(EQ8_BANDS):
        if round(device.value(rows["type"], -1.0)) != mode:
            continue
        if first is None:
            first = index
            yield index
        elif all(
            device.value(rows[knob], 0.0) == device.value(EQ8_BANDS[first][knob], 0.0)
            for knob in ("enabled", "frequency_hz")
        ):
            yield index
            return


def _add_cut(chain: Chain, device: Device, name: str, bands: Sequence[int]) -> None:
    for knob in ("enabled", "frequency_hz"):
        found = [device.find(EQ8_BANDS[band][knob]) for band in bands]
        parts = [part for part in found if part is not None]
        if len(parts) == len(bands):
            numbers = tuple(number for number, _ in parts)
            raw = device.values[numbers[0]]
            chain.found.append(
                Found(f"{name}.{knob}", device.index, numbers, parts[0][1], f"Eq8 {knob}", raw)
            )
    slope = _SLOPE if len(bands) == 1 else _TWIN_SLOPE
    chain.found.append(Found(f"{name}.slope_db_per_octave", device.index, (), switch(), "", 0.0, fixed=slope))
