"""Media items: where a track's audio stands in the project, and how the file is named in it."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from console.mix import TrackStrip
from console.session import SessionTrack
from console.units import db_to_gain
from exporters.references import reference

#: REAPER's name for the kind of a media file, by the file's ending; WAVE for the rest.
SOURCE_KINDS: MappingProxyType[str, str] = MappingProxyType(
    {".flac": "FLAC", ".mp3": "MP3", ".ogg": "VORBIS", ".oga": "VORBIS", ".opus": "OPUS", ".wv": "WAVPACK"}
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its name, file and REAPER's kind for it, place and length in seconds, and its gain.

    `offset_s` is where in the file it starts.
    """

    name: str
    file: str
    kind: str
    position_s: float
    length_s: float
    offset_s: float
    gain: float


def whole_delay(delay_ms: float, sample_rate_hz: int) -> int:
    """A strip's delay in whole samples, the nearest."""
    return round(delay_ms * sample_rate_hz / 1000.0)


def track_items(
    strip: TrackStrip, source: SessionTrack, sample_rate_hz: int, folder: Path
) -> tuple[Item, ...]:
    """The items of a track, one per file, for a project in `folder`."""
    start = source.start_samples + whole_delay(strip.input.delay_ms, sample_rate_hz)
    # What would lie before the project's start is cut from the file's head.
    cut = max(-start, 0)
    return tuple(
        Item(
            name=file.path.name,
            file=reference(file, folder),
            kind=SOURCE_KINDS.get(file.path.suffix.lower(), "WAVE"),
            position_s=max(start, 0) / sample_rate_hz,
            length_s=max(source.samples - cut, 0) / sample_rate_hz,
            offset_s=cut / sample_rate_hz,
            gain=db_to_gain(strip.input.gain_db),
        )
        for file in source.files
    )
