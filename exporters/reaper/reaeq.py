"""ReaEQ's state: bands of type, frequency, linear gain and bandwidth in octaves, then the global gain."""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

from console.errors import ExportError

BANDWIDTH_OCTAVES = (0.01, 4.0)

#: The band's layout by the state's version: 32 is that of REAPER's early years, in which no byte ends a band.
_BANDS = {32: struct.Struct("<iiddd"), 33: struct.Struct("<iidddB")}
_LATEST = 33
_HEAD = struct.Struct("<ii")
#: After the bands: two constants and the global gain.
_GAIN = struct.Struct("<iid")
#: What the latest version appends: the selected band, the window's width and height, a constant.
_LATEST_REST = struct.pack("<iiii", 0, 576, 368, 2)


class ReaEqType(IntEnum):
    """The band types of ReaEQ that a mix uses. OLD_BAND is what early versions call a band."""

    LOW_SHELF = 0
    HIGH_SHELF = 1
    OLD_BAND = 2
    LOW_PASS = 3
    HIGH_PASS = 4
    BAND = 8


@dataclass(frozen=True, slots=True)
class ReaEqBand:
    """One band: type (a number that ReaEqType may not know), Hz, linear gain, bandwidth in octaves.

    mark is the byte that ends a band, 1 in every file seen; version 32 has none.
    """

    type: int
    enabled: bool
    frequency_hz: float
    gain: float
    bandwidth_octaves: float
    mark: int = 1


@dataclass(frozen=True, slots=True)
class ReaEqState:
    """All of ReaEQ. `rest` is what versions append after the gain: less the older they are."""

    bands: tuple[ReaEqBand, ...] = ()
    gain: float = 1.0
    flags: tuple[int, int] = (1, 1)
    rest: bytes = _LATEST_REST
    version: int = _LATEST


def encode_reaeq(state: ReaEqState) -> bytes:
    """The bytes of a state, little-endian."""
    layout = _BANDS[state.version]
    bands = b"".join(
        layout.pack(b.type, b.enabled, b.frequency_hz, b.gain, b.bandwidth_octaves, *_mark(b, state.version))
        for b in state.bands
    )
    return (
        _HEAD.pack(state.version, len(state.bands))
        + bands
        + _GAIN.pack(*state.flags, state.gain)
        + state.rest
    )


def decode_reaeq(data: bytes) -> ReaEqState:
    """The state that bytes hold, of version 32 or 33.

    Raises:
        ExportError: another version's layout, cut short, or a number is not finite.
    """
    version, count = _HEAD.unpack_from(data) if len(data) >= _HEAD.size else (0, 0)
    layout = _BANDS.get(version)
    if layout is None:
        raise ExportError(
            f"a ReaEQ state starts with {data[:4].hex()}; versions {' and '.join(map(str, _BANDS))} are understood"
        )
    end = _HEAD.size + count * layout.size
    if count < 0 or len(data) < end + _GAIN.size:
        raise ExportError(f"a ReaEQ state of {count} bands has {len(data)} bytes; the file is cut short")
    bands = []
    for at in range(_HEAD.size, end, layout.size):
        kind, enabled, frequency_hz, gain, bandwidth, *mark = layout.unpack_from(data, at)
        bands.append(ReaEqBand(kind, bool(enabled), frequency_hz, gain, bandwidth, *mark))
    first, second, gain = _GAIN.unpack_from(data, end)
    numbers = [gain, *(x for b in bands for x in (b.frequency_hz, b.gain, b.bandwidth_octaves))]
    if not all(map(math.isfinite, numbers)):
        raise ExportError("a ReaEQ state holds a number that is not finite; save the project in REAPER again")
    return ReaEqState(tuple(bands), gain, (first, second), data[end + _GAIN.size :], version)


def _mark(band: ReaEqBand, version: int) -> tuple[int, ...]:
    return (band.mark,) if version == _LATEST else ()
