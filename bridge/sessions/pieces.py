"""A track's items on a grid of samples: what of which file sounds when, how loud, and with which fades."""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from console.session import AudioFile
from console.units import db_to_gain
from exporters.project import Channels, Fade, FadeShape, Item

Samples = NDArray[np.float32]
Curve = NDArray[np.float64]

#: Part of every key: raise it when the same items become other samples.
RULES_VERSION = 1

#: A day: nothing ends later than that.
LATEST_S = 86_400.0

HIGHEST_GAIN_DB = 100.0

_HASH_BYTES = 16

#: The gain of a fade in, t from 0 to 1; a fade out is the same from its end.
FADES: dict[FadeShape, Callable[[Curve], Curve]] = {
    FadeShape.LINEAR: lambda t: t,
    FadeShape.EQUAL_POWER: lambda t: np.sin(0.5 * math.pi * t),
    FadeShape.FAST_START: lambda t: t * (2.0 - t),
    FadeShape.SLOW_START: lambda t: t * t,
    FadeShape.S_CURVE: lambda t: t * t * (3.0 - 2.0 * t),
}

#: What is heard of a file's samples, (channels, samples).
CHANNELS: dict[Channels, Callable[[Samples], Samples]] = {
    Channels.ALL: lambda data: data,
    Channels.SWAPPED: lambda data: data[::-1],
    Channels.MONO_SUM: lambda data: data.mean(axis=0, dtype=np.float64, keepdims=True).astype(np.float32),
    Channels.LEFT: lambda data: data[:1],
    Channels.RIGHT: lambda data: data[-1:],
    Channels.TO_LEFT: lambda data: np.concatenate([data[:1], np.zeros_like(data[:1])]),
    Channels.TO_RIGHT: lambda data: np.concatenate([np.zeros_like(data[:1]), data[:1]]),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """An item on a track's grid.

    `begin` is the sample of the project at which it starts to sound and `samples` how long it does, `skip` how many
    samples of it lie before the project's start; `offset` is the frame of the file, at the file's rate, that its
    own start plays. Fades are in samples of the grid.
    """

    file: AudioFile
    begin: int
    samples: int
    skip: int
    offset: int
    gain: float
    fade_in: float
    fade_out: float
    shape_in: FadeShape
    shape_out: FadeShape
    channels: Channels
    loops: bool

    @property
    def end(self) -> int:
        """The first sample of the project after it."""
        return self.begin + self.samples

    @property
    def width(self) -> int:
        """How many channels it plays, 1 or 2."""
        if self.channels in (Channels.TO_LEFT, Channels.TO_RIGHT):
            return 2
        return self.file.channels if self.channels in (Channels.ALL, Channels.SWAPPED) else 1

    def shaped(self, data: Samples, start: int) -> Samples:
        """Samples of the file from the piece's sample `start` on, with its channels, gain and fades."""
        heard = CHANNELS[self.channels](data)
        gain: Curve | float = self.gain
        at = np.arange(self.skip + start, self.skip + start + data.shape[1], dtype=np.float64)
        whole = self.skip + self.samples
        if at.size and self.fade_in > at[0]:
            gain = gain * FADES[self.shape_in](np.clip(at / self.fade_in, 0.0, 1.0))
        if at.size and self.fade_out > whole - at[-1]:
            gain = gain * FADES[self.shape_out](np.clip((whole - at) / self.fade_out, 0.0, 1.0))
        # In double precision with a fade or without, so that blocks of either kind are rounded alike.
        return np.asarray(heard.astype(np.float64) * gain, np.float32)


@dataclass(frozen=True, slots=True)
class Joint:
    """Items that become one file: at a rate, with 1 or 2 channels, in the order in which they start."""

    sample_rate_hz: int
    pieces: tuple[Piece, ...]

    @property
    def channels(self) -> int:
        """2 when any piece is stereo, else 1."""
        return max(piece.width for piece in self.pieces)

    @property
    def begin(self) -> int:
        """The sample of the project at which the file starts."""
        return min(piece.begin for piece in self.pieces)

    @property
    def samples(self) -> int:
        """The file's length."""
        return max(piece.end for piece in self.pieces) - self.begin

    def key(self) -> str:
        """A hash over all that decides about the file's samples; not where in the project it stands."""
        rows = [
            [
                piece.file.content_hash,
                *(getattr(piece, name) for name in Piece.__slots__ if name not in ("file", "begin")),
                piece.begin - self.begin,
            ]
            for piece in self.pieces
        ]
        text = json.dumps([RULES_VERSION, self.sample_rate_hz, self.channels, rows])
        return hashlib.blake2b(text.encode("utf-8"), digest_size=_HASH_BYTES).hexdigest()


def is_whole(item: Item, file: AudioFile) -> bool:
    """Whether an item is its file as it is: from front to back, nothing changed, from the project's start or later."""
    longer = item.length_s * file.sample_rate_hz - file.frames
    return (
        item.position_s >= 0.0
        and abs(item.offset_s) * file.sample_rate_hz < 0.5
        and longer > -1.0
        and not (item.loops and longer >= 1.0)
        and item.gain_db == 0.0
        and not item.inverted
        and item.channels is Channels.ALL
        and not _fade(item.fade_in, file.sample_rate_hz, file.frames)
        and not _fade(item.fade_out, file.sample_rate_hz, file.frames)
    )


def oddity(item: Item) -> str:
    """What is wrong with an item's numbers, "" for nothing."""
    numbers = (item.position_s, item.length_s, item.offset_s, item.gain_db)
    if not all(map(math.isfinite, (*numbers, item.fade_in.length_s, item.fade_out.length_s))):
        return "has a place, length or gain that is no number"
    if item.gain_db > HIGHEST_GAIN_DB:
        return f"has a gain of {item.gain_db:.0f} dB; up to {HIGHEST_GAIN_DB:.0f} dB can be"
    if abs(item.position_s) > LATEST_S or item.end_s > LATEST_S or abs(item.offset_s) > LATEST_S:
        return f"ends at {item.end_s:.0f} s; a session lasts up to {LATEST_S:.0f} s"
    return ""


def join(parts: Sequence[tuple[Item, AudioFile]], sample_rate_hz: int) -> Joint | None:
    """The items of a track on its grid; None where nothing of them lies in the project.

    The grid has the files' own rate where they have one, so that nothing is resampled that need not be; else the
    session's.
    """
    rates = {file.sample_rate_hz for _, file in parts}
    rate_hz = rates.pop() if len(rates) == 1 else sample_rate_hz
    pieces = [_piece(item, file, rate_hz) for item, file in parts]
    kept = sorted((piece for piece in pieces if piece.samples > 0), key=lambda piece: piece.begin)
    return Joint(rate_hz, tuple(kept)) if kept else None


def _piece(item: Item, file: AudioFile, rate_hz: int) -> Piece:
    first, last = _sample(item.position_s, rate_hz), _sample(item.end_s, rate_hz)
    length = max(last - first, 0)
    return Piece(
        file=file,
        begin=max(first, 0),
        samples=last - max(first, 0),
        skip=max(-first, 0),
        offset=_sample(item.offset_s, file.sample_rate_hz),
        gain=db_to_gain(item.gain_db) * (-1.0 if item.inverted else 1.0),
        fade_in=_fade(item.fade_in, rate_hz, length),
        fade_out=_fade(item.fade_out, rate_hz, length),
        shape_in=item.fade_in.shape,
        shape_out=item.fade_out.shape,
        channels=item.channels,
        loops=item.loops,
    )


def _fade(fade: Fade, rate_hz: int, length: int) -> float:
    """A fade in samples; one that is over within a sample is none."""
    samples = min(fade.length_s * rate_hz, length)
    return samples if samples >= 1.0 else 0.0


def _sample(seconds: float, rate_hz: int) -> int:
    """The nearest sample, exactly: doubles of many digits do not lie on one."""
    return round(Fraction(seconds) * rate_hz)
