"""States of ReaLimit and ReaDelay, which save a chunk of their own."""

import math
import struct
from dataclasses import dataclass

from console.errors import ExportError

_LIMIT = struct.Struct("<iiddiidd")
_DELAY_HEAD = struct.Struct("<8sIIIIff")
_TAP = struct.Struct("<11f")
_SILENT = 10 ** (-150 / 20)


@dataclass(frozen=True, slots=True)
class ReaLimitState:
    """ReaLimit: threshold and ceiling in dB. The unit of its release is not known; 0.1778 is the default."""

    threshold_db: float = 0.0
    ceiling_db: float = 0.0
    mode: int = 0
    flags: int = 0
    release: float = 10 ** (-0.75)


def encode_realimit(state: ReaLimitState) -> bytes:
    """The 48 bytes of a state, little-endian."""
    return _LIMIT.pack(
        3, state.mode, state.threshold_db, state.ceiling_db, 2, state.flags, 0.0, state.release
    )


def decode_realimit(data: bytes) -> ReaLimitState:
    """The state that bytes hold.

    Raises:
        ExportError: they are no state of the known layout, or a number is not finite.
    """
    if len(data) != _LIMIT.size or data[:4] != struct.pack("<i", 3):
        raise ExportError(
            f"a ReaLimit state has {len(data)} bytes; {_LIMIT.size} of version 3 are understood"
        )
    _, mode, threshold_db, ceiling_db, _, flags, _, release = _LIMIT.unpack(data)
    _check_finite("ReaLimit", threshold_db, ceiling_db, release)
    return ReaLimitState(threshold_db, ceiling_db, mode, flags, release)


@dataclass(frozen=True, slots=True)
class ReaDelayTap:
    """One tap: time in ms and in beats (they add), feedback, volume linear, filters in Hz, width, pan −1 … 1."""

    time_ms: float
    feedback: float = 0.0
    lowpass_hz: float = 20000.0
    highpass_hz: float = 0.0
    width: float = 1.0
    volume: float = 1.0
    pan: float = 0.0
    enabled: bool = True
    beats: float = 0.0


@dataclass(frozen=True, slots=True)
class ReaDelayState:
    """ReaDelay: its taps, and the wet and dry gain, linear."""

    taps: tuple[ReaDelayTap, ...]
    wet: float = 1.0
    dry: float = _SILENT


def encode_readelay(state: ReaDelayState) -> bytes:
    """The bytes of a state: a head of 32, then 44 per tap; little-endian."""
    head = _DELAY_HEAD.pack(bytes(8), len(state.taps), _TAP.size, 2, 0, state.wet, state.dry)
    return head + b"".join(
        _TAP.pack(
            0.0,
            float(tap.enabled),
            tap.time_ms / 10000.0,
            tap.beats / 128.0,
            tap.feedback,
            tap.lowpass_hz / 20000.0,
            tap.highpass_hz / 20000.0,
            1.0,
            (tap.width + 1.0) / 2.0,
            tap.volume,
            (tap.pan + 1.0) / 2.0,
        )
        for tap in state.taps
    )


def decode_readelay(data: bytes) -> ReaDelayState:
    """The state that bytes hold.

    Raises:
        ExportError: they are no state of the known layout, or a number is not finite.
    """
    if len(data) < _DELAY_HEAD.size:
        raise ExportError(f"a ReaDelay state has {len(data)} bytes; the file is cut short")
    _, count, size, _, _, wet, dry = _DELAY_HEAD.unpack_from(data)
    if size != _TAP.size or len(data) != _DELAY_HEAD.size + count * size:
        raise ExportError(
            f"a ReaDelay state of {count} taps has {len(data)} bytes; taps of 44 are understood"
        )
    _check_finite("ReaDelay", wet, dry)
    taps = []
    for at in range(_DELAY_HEAD.size, len(data), size):
        _, enabled, time, beats, feedback, lowpass, highpass, _, width, volume, pan = _TAP.unpack_from(
            data, at
        )
        _check_finite("ReaDelay", time, beats, feedback, lowpass, highpass, width, volume, pan)
        taps.append(
            ReaDelayTap(
                time_ms=time * 10000.0,
                feedback=feedback,
                lowpass_hz=lowpass * 20000.0,
                highpass_hz=highpass * 20000.0,
                width=width * 2.0 - 1.0,
                volume=volume,
                pan=pan * 2.0 - 1.0,
                enabled=enabled >= 0.5,
                beats=beats * 128.0,
            )
        )
    return ReaDelayState(tuple(taps), wet, dry)


def _check_finite(plugin: str, *numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise ExportError(
            f"a {plugin} state holds a number that is not finite; save the project in REAPER again"
        )
