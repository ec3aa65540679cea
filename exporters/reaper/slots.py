"""States that are a list of 32-bit floats behind a magic word: ReaComp, ReaGate, ReaVerbate.

A slot of such a list stands for a knob by a factor and an offset; one table per plugin says which.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from console.errors import ExportError

_MAGIC = bytes.fromhex("efbeadde0df0adde")


@dataclass(frozen=True, slots=True)
class Slot:
    """One knob: its place in the list and value = offset + scale · slot; a slot lies in 0 … top."""

    index: int
    scale: float = 1.0
    offset: float = 0.0
    top: float = 1.0

    def pack(self, value: float) -> float:
        """The number that stands in the file for a knob's value, held to what the plugin takes."""
        return min(max((value - self.offset) / self.scale, 0.0), self.top)

    def unpack(self, slot: float) -> float:
        """The knob's value for a number in the file, held to what the plugin takes."""
        return self.offset + self.scale * min(max(slot, 0.0), self.top)

    @property
    def range(self) -> tuple[float, float]:
        """The knob's lowest and highest value."""
        return self.unpack(0.0), self.unpack(self.top)


@dataclass(frozen=True, slots=True)
class SlotTable:
    """A plugin's knobs by name, and the list that REAPER saves for a fresh instance."""

    plugin: str
    defaults: tuple[float, ...]
    slots: Mapping[str, Slot]

    def encode(self, values: Mapping[str, float]) -> bytes:
        """The state with these knobs set and the others at REAPER's defaults."""
        numbers = list(self.defaults)
        for name, value in values.items():
            slot = self.slots[name]
            numbers[slot.index] = slot.pack(value)
        return encode_floats(tuple(numbers))

    def decode(self, data: bytes) -> dict[str, float]:
        """Every knob's value. A knob that an older version of the plugin lacks has its default.

        Raises:
            ExportError: the bytes are no such state.
        """
        numbers = decode_floats(data)
        if len(numbers) < 2:
            raise ExportError(f"a {self.plugin} state has {len(numbers)} values; the file is cut short")
        filled = (*numbers, *self.defaults[len(numbers) :])
        return {name: slot.unpack(filled[slot.index]) for name, slot in self.slots.items()}


def encode_floats(numbers: tuple[float, ...]) -> bytes:
    """The magic word and the numbers as 32-bit floats."""
    return _MAGIC + struct.pack(f"<{len(numbers)}f", *numbers)


def decode_floats(data: bytes) -> tuple[float, ...]:
    """The numbers behind the magic word.

    Raises:
        ExportError: there is no magic word, a number is cut, or one is not finite.
    """
    if data[:8] != _MAGIC or len(data) % 4:
        raise ExportError(f"a plugin's state starts with {data[:8].hex()}; {_MAGIC.hex()} is understood")
    numbers = struct.unpack(f"<{len(data) // 4 - 2}f", data[8:])
    if not all(map(math.isfinite, numbers)):
        raise ExportError(
            "a plugin's state holds a number that is not finite; save the project in REAPER again"
        )
    return numbers


def as_stored(value: float) -> float:
    """The value that a 32-bit float keeps of it."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


#: Silence in the linear knobs of REAPER's defaults: −150 dB.
_SILENT = as_stored(10 ** (-150 / 20))

REACOMP = SlotTable(
    "ReaComp",
    (1.0, 3 / 99, 0.006, 0.02, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, _SILENT, 1.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.25)
    + (0.0,) * 3,
    MappingProxyType(
        {
            "threshold": Slot(0, top=2.0),
            "ratio": Slot(1, scale=99.0, offset=1.0),
            "attack_ms": Slot(2, scale=500.0),
            "release_ms": Slot(3, scale=5000.0),
            "lookahead_ms": Slot(4, scale=250.0),
            "dry": Slot(10, top=2.0),
            "wet": Slot(11, top=2.0),
            "rms_ms": Slot(13, scale=100.0, top=10.0),
            "knee_db": Slot(14, scale=24.0),
        }
    ),
)

REAGATE = SlotTable(
    "ReaGate",
    (_SILENT, 0.006, 0.02, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, _SILENT, 1.0, _SILENT, 1.0) + (0.0,) * 8,
    MappingProxyType(
        {
            "threshold": Slot(0, top=2.0),
            "attack_ms": Slot(1, scale=500.0),
            "release_ms": Slot(2, scale=5000.0),
            "preopen_ms": Slot(3, scale=250.0),
            "hold_ms": Slot(4, scale=1000.0),
            "dry": Slot(9, top=2.0),
            "wet": Slot(10, top=2.0),
            "rms_ms": Slot(14, scale=100.0, top=10.0),
        }
    ),
)

REAVERBATE = SlotTable(
    "ReaVerbate",
    (0.5, 1.0, 0.5, 0.5, 1.0, 0.0, 1.0, 0.0),
    MappingProxyType(
        {
            "wet": Slot(0, top=2.0),
            "dry": Slot(1, top=2.0),
            "room": Slot(2),
            "damping": Slot(3),
            "width": Slot(4, scale=2.0, offset=-1.0),
            "predelay_ms": Slot(5, scale=500.0),
            "lowpass_hz": Slot(6, scale=20000.0),
            "highpass_hz": Slot(7, scale=20000.0),
        }
    ),
)
