"""Regions: where a track's audio stands in the session, and which files it plays."""

from dataclasses import dataclass
from pathlib import Path

from console.mix import TrackStrip
from console.session import AudioFile, SessionTrack

#: Ardour's input trim reaches so far either way.
TRIM_LIMIT_DB = 20.0


@dataclass(frozen=True, slots=True)
class Region:
    """One region: its name, (file, channel) for each of its channels, place and length in samples, linear gain.

    `offset` is the sample of the files at which it starts.
    """

    name: str
    sources: tuple[tuple[Path, int], ...]
    position: int
    length: int
    offset: int
    gain: float


def whole_delay(delay_ms: float, sample_rate_hz: int) -> int:
    """A strip's delay in whole samples, the nearest."""
    return round(delay_ms * sample_rate_hz / 1000.0)


def trim_and_rest_db(gain_db: float) -> tuple[float, float]:
    """An input gain as Ardour's trim, and what lies beyond it, both in dB."""
    trim_db = min(max(gain_db, -TRIM_LIMIT_DB), TRIM_LIMIT_DB)
    return trim_db, gain_db - trim_db


def absolute(file: AudioFile) -> Path:
    """Where a file lies, whole: folders that are links are followed, the file itself is not."""
    path = file.path.absolute()
    return path.parent.resolve() / path.name


def track_regions(
    strip: TrackStrip, source: SessionTrack, sample_rate_hz: int, gain: float
) -> tuple[Region, ...]:
    """The region of a track: its one file's channels, or the files of its two sides; none where nothing plays."""
    start = source.start_samples + whole_delay(strip.input.delay_ms, sample_rate_hz)
    # What would lie before the session's start is cut from the file's head.
    cut = max(-start, 0)
    length = source.samples - cut
    if not source.files or length <= 0:
        return ()
    if len(source.files) == 1:
        file = source.files[0]
        path = absolute(file)
        sources = tuple((path, channel % max(file.channels, 1)) for channel in range(source.channels))
    else:
        sources = tuple((absolute(file), 0) for file in source.files[: source.channels])
    return (Region(source.files[0].path.name, sources, max(start, 0), length, cut, gain),)
