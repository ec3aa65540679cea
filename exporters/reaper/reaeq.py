"""ReaEQ's state: bands of type, frequency, linear gain and bandwidth in octaves, then the global gain."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from console.errors import ExportError

BANDWIDTH_OCTAVES = (0.01, 4.0)

_VERSION = 33
_BAND = struct.Struct("<iidddB")
#: After the bands: two constants, the global gain, the selected band, the window's width and height.
_TAIL = struct.Struct("<iidiii")
_LATEST_REST = struct.pack("<i", 2)


class ReaEqType(IntEnum):
    """The band types of ReaEQ that a mix uses."""

    LOW_SHELF = 0
    HIGH_SHELF = 1
    LOW_PASS = 3
    HIGH_PASS = 4
    BAND = 8


@dataclass(frozen=True, slots=True)
class ReaEqBand:
    """One band: type (a number that ReaEqType may not know), Hz, linear gain, bandwidth in octaves.

    mark is the byte that ends a band, 1 in every file seen.
    """

    type: int
    enabled: bool
    frequency_hz: float
    gain: float
    bandwidth_octaves: float
    mark: int = 1


@dataclass(frozen=True, slots=True)
class ReaEqState:
    """All of ReaEQ. `window` is its size; `rest` what later versions append (empty up to REAPER 6)."""

    bands: tuple[ReaEqBand, ...] = ()
    gain: float = 1.0
    flags: tuple[int, int] = (1, 1)
    selected: int = 0
    window: tuple[int, int] = (576, 368)
    rest: bytes = _LATEST_REST


def encode_reaeq(state: ReaEqState) -> bytes:
    """The bytes of a state, little-endian."""
    bands = b"".join(
        _BAND.pack(b.type, b.enabled, b.frequency_hz, b.gain, b.bandwidth_octaves, b.mark)
        for b in state.bands
    )
    tail = _TAIL.pack(*state.flags, state.gain, state.selected, *state.window)
    return struct.pack("<ii", _VERSION, len(state.bands)) + bands + tail + state.rest


def decode_reaeq(data: bytes) -> ReaEqState:
    """The state that bytes hold.

    Raises:
        ExportError: another version's layout, or cut short.
    """
    if len(data) < 8 or struct.unpack_from("<i", data)[0] != _VERSION:
        raise ExportError(f"a ReaEQ state starts with {data[:4].hex()}; version {_VERSION} is understood")
    (count,) = struct.unpack_from("<i", data, 4)
    end = 8 + count * _BAND.size
    if count < 0 or len(data) < end + _TAIL.size:
        raise ExportError(f"a ReaEQ state of {count} bands has {len(data)} bytes; the file is cut short")
    bands = []
    for at in range(8, end, _BAND.size):
        kind, enabled, frequency_hz, gain, bandwidth, mark = _BAND.unpack_from(data, at)
        bands.append(ReaEqBand(kind, bool(enabled), frequency_hz, gain, bandwidth, mark))
    first, second, gain, selected, width, height = _TAIL.unpack_from(data, end)
    return ReaEqState(
        tuple(bands), gain, (first, second), selected, (width, height), data[end + _TAIL.size :]
    )
