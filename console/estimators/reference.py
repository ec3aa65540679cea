"""What a reference is: the sound of one or more finished songs, each whole or in a range of time."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError, SessionError
from console.losses.sound import SHORTEST_S, Sound, SoundMeter, mean_sound
from console.session.reader import open_sound
from console.session.values import Session

_BLOCK_S = 10

#: What the file of a saved style ends in.
PROFILE_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class StyleProfile:
    """A style to aim at without its songs: a name, the sound, and what it was measured of."""

    name: str
    sound: Sound
    sources: tuple[str, ...] = ()


_RANGE = re.compile(r"^(?P<path>.+)@(?P<start>[\d:.]*)-(?P<end>[\d:.]*)$")
_CLOCK = re.compile(r"^(?:(?:\d+:)?[0-5]?\d:)?\d+(?:\.\d*)?$|^\.\d+$")


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """A song, and the range of it that counts, in seconds; without an end, to the song's own."""

    path: Path
    start_s: float = 0.0
    end_s: float | None = None


def parse_reference(text: str) -> ReferenceRange:
    """A reference as it is typed: a file, or a file and a range, `song.flac@1:05-1:35`, `song.flac@30-`.

    Raises:
        ParamError: the range is no time, or ends before it begins.
    """
    found = _RANGE.match(text)
    if found is None or Path(text).exists():
        return ReferenceRange(Path(text))
    start_s = _seconds(found["start"], text) if found["start"] else 0.0
    end_s = _seconds(found["end"], text) if found["end"] else None
    if end_s is not None and end_s <= start_s:
        raise ParamError(
            f"the range of {text!r} ends at {end_s:g} s, before it begins; give start-end in seconds"
        )
    return ReferenceRange(Path(found["path"]), start_s, end_s)


def _seconds(text: str, where: str) -> float:
    """Seconds from `75`, `75.5`, `1:15` or `1:01:15`."""
    if not _CLOCK.match(text):
        raise ParamError(f"{text!r} in {where!r} is no time; give seconds, m:ss or h:mm:ss")
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60.0 * seconds + float(part)
    return seconds


def read_references(references: Iterable[ReferenceRange], session: Session | None = None) -> Sound:
    """The sound between all references.

    Args:
        references: at least one.
        session: of which none may be a stem.

    Raises:
        SessionError: a file cannot be read, or is no audio.
        ParamError: a reference is a stem, silent, too short, not finite, or has more than two channels.
    """
    ranges = tuple(references)
    if session is not None:
        for reference in ranges:
            _refuse_stem(reference.path, session)
    return mean_sound(tuple(read_reference(r.path, r.start_s, r.end_s) for r in ranges))


def _refuse_stem(path: Path, session: Session) -> None:
    resolved = path.resolve()
    for track in session.tracks:
        for file in track.files:
            if file.path.resolve() == resolved or _same_bytes(file.path, path):
                raise ParamError(
                    f"the reference {path.name!r} is the stem {track.id!r} of the session; give a finished mix"
                )


def _same_bytes(first: Path, second: Path) -> bool:
    try:
        if first.stat().st_size != second.stat().st_size:
            return False
        with first.open("rb") as one, second.open("rb") as other:
            while True:
                a, b = one.read(1 << 20), other.read(1 << 20)
                if a != b:
                    return False
                if not a:
                    return True
    except OSError:
        return False


def read_reference(path: Path, start_s: float = 0.0, end_s: float | None = None) -> Sound:
    """The sound of one song; a mono one counts as two equal sides, and says nothing about a stereo image.

    Raises:
        SessionError: the file cannot be read, or is no audio.
        ParamError: silent, under a second, not finite, of more than two channels, or a range beyond its end.
    """
    import soundfile

    try:
        with open_sound(path) as file:
            rate, frames = file.samplerate, file.frames
            if file.channels > 2:
                raise ParamError(
                    f"the reference {path.name!r} has {file.channels} channels; give a stereo or mono mixdown"
                )
            first = round(start_s * rate)
            last = frames if end_s is None else min(round(end_s * rate), frames)
            if last - first < SHORTEST_S * rate:
                raise ParamError(
                    f"of the reference {path.name!r} ({frames / rate:.2f} s long) {max(last - first, 0) / rate:.2f} s "
                    f"lie in the range; give at least {SHORTEST_S:g} s"
                )
            meter = SoundMeter(rate)
            # From the start on: seeking in lossy files is inexact.
            at = 0
            while at < last:
                data = file.read(min(_BLOCK_S * rate, last - at), dtype="float32", always_2d=True).T
                if not data.shape[1]:
                    break
                kept = data[:, max(first - at, 0) :]
                at += data.shape[1]
                if kept.shape[1]:
                    _check_finite(kept, path)
                    meter.push(kept if len(kept) == 2 else np.repeat(kept, 2, axis=0))
            return meter.result(f"the reference {path.name!r}")
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(
            f"the reference {str(path)!r} cannot be read ({error}); give an audio file, or a profile (.toml)"
        ) from None


def _check_finite(data: NDArray[np.float32], path: Path) -> None:
    if not math.isfinite(float(np.abs(data).max(initial=0.0))):
        raise ParamError(
            f"the reference {path.name!r} holds samples that are not finite numbers; export it again"
        )
