"""Looks at one audio file: its header, whether all of it is there, its time stamp and its content hash."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bridge.sessions.chunks import read_container
from bridge.sessions.collect import FOREIGN_SUFFIXES
from bridge.sessions.flac import contradiction
from console.mix.values import SAMPLE_RATES_HZ
from console.session import AudioFile
from console.session.reader import open_sound

_LAST_OGG_PAGES_BYTES = 131_072
_OGG_END_OF_STREAM = 0x04
_HASH_BYTES = 16


class Trouble(StrEnum):
    """Why a file cannot be a track; the value is the code of its finding."""

    UNREADABLE = "unreadable"
    MULTICHANNEL = "multichannel"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Probed:
    """What was found: an audio file and its time stamp if it has one; or the trouble, in words."""

    path: Path
    file: AudioFile | None = None
    time_reference_samples: int | None = None
    trouble: Trouble | None = None
    text: str = ""


def probe(path: Path) -> Probed:
    """Read the header of one file, look whether its end is there, and hash its bytes; never raises for bad files."""
    import soundfile

    try:
        return _probe(path)
    except PermissionError:
        return Probed(path, trouble=Trouble.UNREADABLE, text="may not be read: permission denied")
    except OSError as error:
        return Probed(path, trouble=Trouble.UNREADABLE, text=f"cannot be read: {error.strerror or error}")
    except soundfile.SoundFileError as error:
        reason = str(getattr(error, "error_string", error)).rstrip(". ")
        return Probed(path, trouble=Trouble.UNREADABLE, text=f"is not audio that can be decoded: {reason}")


def _probe(path: Path) -> Probed:
    if not path.is_file():
        path.stat()
        return Probed(path, trouble=Trouble.UNREADABLE, text="is not a file")
    if path.suffix.lower() in FOREIGN_SUFFIXES:
        return Probed(path, trouble=Trouble.UNREADABLE, text="is in a format that cannot be read here")
    if path.stat().st_size == 0:
        with path.open("rb"):
            return Probed(path, trouble=Trouble.EMPTY, text="is an empty file")
    container = read_container(path)
    with open_sound(path) as sound:
        trouble, text = _trouble_with(sound, path)
        rate_hz, channels, frames = int(sound.samplerate), int(sound.channels), int(sound.frames)
        encoding = str(sound.subtype)
    if container and not container.complete and trouble is not Trouble.EMPTY:
        share = 100.0 * container.present_bytes / container.promised_bytes
        trouble = Trouble.UNREADABLE
        text = f"is cut short: {share:.1f} % of the audio that its header promises is there"
    if trouble:
        return Probed(path, trouble=trouble, text=text)
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=_HASH_BYTES)).hexdigest()
    stamp = container.time_reference_samples if container else None
    file = AudioFile(path, rate_hz, channels, frames, digest, encoding, stamp or 0)
    return Probed(path, file, stamp)


def _trouble_with(sound: Any, path: Path) -> tuple[Trouble | None, str]:
    low_hz, high_hz = SAMPLE_RATES_HZ
    wrong_header = contradiction(path)
    if wrong_header:
        return Trouble.UNREADABLE, wrong_header
    if sound.frames == 0:
        return Trouble.EMPTY, "holds no samples"
    if not low_hz <= sound.samplerate <= high_hz:
        return Trouble.UNREADABLE, f"says it has {sound.samplerate} Hz; {low_hz} … {high_hz} Hz can be"
    if not _end_is_there(sound) or _ogg_is_cut(path):
        return Trouble.UNREADABLE, "is cut short or damaged: the end that its header promises is missing"
    if sound.channels > 2:
        return (
            Trouble.MULTICHANNEL,
            f"has {sound.channels} channels; a track has 1 or 2: split it into mono or stereo files",
        )
    return None, ""


def _end_is_there(sound: Any) -> bool:
    import soundfile

    try:
        sound.seek(sound.frames - 1)
        return len(sound.read(1, dtype="float32", always_2d=True)) == 1
    except soundfile.SoundFileError:
        return False


def _ogg_is_cut(path: Path) -> bool:
    """Whether the last page of an Ogg stream lacks the mark of the stream's end (RFC 3533)."""
    with path.open("rb") as handle:
        if handle.read(4) != b"OggS":
            return False
        handle.seek(max(0, handle.seek(0, 2) - _LAST_OGG_PAGES_BYTES))
        tail = handle.read(_LAST_OGG_PAGES_BYTES)
    page = tail.rfind(b"OggS\0")
    return page < 0 or len(tail) < page + 6 or not tail[page + 5] & _OGG_END_OF_STREAM
