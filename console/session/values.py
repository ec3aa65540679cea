"""The session as values: files, tracks, roles, groups, and what the import found."""

from dataclasses import dataclass
from pathlib import Path

from console.errors import SessionError
from console.mix import Mix, TrackStrip
from console.session.findings import Finding
from console.session.roles import Role


@dataclass(frozen=True, slots=True)
class AudioFile:
    """One audio file as its header tells: rate in Hz, channels, frames at its own rate, BWF time stamp.

    `content_hash` is a hash over the file's bytes.
    """

    path: Path
    sample_rate_hz: int
    channels: int
    frames: int
    content_hash: str
    encoding: str = ""
    time_reference_samples: int = 0


@dataclass(frozen=True, slots=True)
class SessionTrack:
    """One track: mono or stereo, from one file, or from two mono files that are its left and right side.

    `start_samples` is where its audio begins in the session and `samples` how long it is there, both at the
    session's rate. `detail` tells microphones of one source apart ("top", "bottom", "in", "out", "di", …).
    A track that is not `included` stays in the session and in the Mix, muted. `key` is the track's identity in the
    DAW's project that it was read from, "" for a track from files.
    """

    id: str
    files: tuple[AudioFile, ...]
    channels: int
    samples: int
    start_samples: int = 0
    role: Role = Role.OTHER
    role_confidence: float = 0.0
    detail: str = ""
    group: str = ""
    included: bool = True
    locked: tuple[str, ...] = ()
    key: str = ""

    @property
    def content_hash(self) -> str:
        """A hash over the audio of all files."""
        return "+".join(file.content_hash for file in self.files)

    @property
    def end_samples(self) -> int:
        """The first sample of the session after this track's audio."""
        return self.start_samples + self.samples


@dataclass(frozen=True, slots=True)
class Session:
    """A set of tracks that start together, at one sample rate. `project` is the DAW's file it was read from."""

    name: str
    root: Path
    sample_rate_hz: int
    tracks: tuple[SessionTrack, ...]
    findings: tuple[Finding, ...] = ()
    project: Path | None = None

    @property
    def samples(self) -> int:
        """Length in samples, to the end of the longest track."""
        return max((track.end_samples for track in self.tracks), default=0)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.sample_rate_hz

    @property
    def included(self) -> tuple[SessionTrack, ...]:
        """The tracks that are to be mixed."""
        return tuple(track for track in self.tracks if track.included)

    def track(self, track_id: str) -> SessionTrack:
        """A track by its id.

        Raises:
            SessionError: there is no such track.
        """
        for track in self.tracks:
            if track.id == track_id:
                return track
        known = ", ".join(repr(track.id) for track in self.tracks)
        raise SessionError(f"the session has no track {track_id!r}; it has {known}")


def neutral_mix(session: Session) -> Mix:
    """The mix that changes nothing: every fader at 0 dB, every module off, left-out tracks muted."""
    return Mix(
        sample_rate_hz=session.sample_rate_hz,
        tracks=tuple(
            TrackStrip(
                id=track.id,
                files=tuple(file.path.name for file in track.files),
                role=track.role,
                role_confidence=track.role_confidence,
                locked=track.locked,
                muted=not track.included,
            )
            for track in session.tracks
        ),
    )
