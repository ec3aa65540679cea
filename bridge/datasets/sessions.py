"""From a song of a data set to a session, so that everything that mixes can work on it."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from bridge.datasets.values import Processing, Song, SongTrack
from bridge.sessions.assemble import Source, make_session
from bridge.sessions.probe import probe
from bridge.sessions.settings import TrackSettings
from console.errors import SessionError
from console.session import AudioFile, Finding, Session, SessionTrack, Severity

_NAMED = 10


def to_session(song: Song, processing: Processing | None = None) -> Session:
    """The song as a session: its files are looked at closely and hashed, as an import does.

    Roles and their confidences are the data set's. Tracks that the song's mixes do not hold are left out; what is
    missing is a finding.

    Args:
        song: a song with tracks.
        processing: the dry tracks or the wet ones; by default dry where there are any.

    Raises:
        SessionError: the song has no tracks (of this kind), or a file of it has been broken since it was read.
    """
    forms = song.processings
    if not forms:
        raise SessionError(
            f"the song {song.id!r} of {song.dataset} has no tracks that can be mixed{_why(song)}"
        )
    if processing is not None and processing not in forms:
        raise SessionError(
            f"the song {song.id!r} of {song.dataset} has no {processing} tracks; it has {' and '.join(forms)} ones"
        )
    tracks = song.tracks_of(processing or forms[0])
    session = make_session(
        name=song.id,
        root=song.root,
        sample_rate_hz=None,
        sources=[_source(track) for track in tracks],
        findings=tuple(_missing(song)),
    )
    by_id = {track.id: track for track in tracks}
    return replace(session, tracks=tuple(_told(track, by_id[track.id]) for track in session.tracks))


def _source(track: SongTrack) -> Source:
    """A track to be. `leave_out` is always said, so that no name is taken for a guide or a mixdown a second time."""
    said = TrackSettings(
        role=track.role,
        group=track.group,
        detail=track.detail,
        leave_out=not track.in_mix,
    )
    return Source(track.id, tuple(map(_file, track.files)), Fraction(0), said)


def _told(track: SessionTrack, known: SongTrack) -> SessionTrack:
    return replace(track, role_confidence=known.role_confidence)


def _file(path: Path) -> AudioFile:
    found = probe(path)
    if found.file is None:
        raise SessionError(f"{str(path)!r} {found.text}; unpack the data set again")
    return found.file


def _missing(song: Song) -> list[Finding]:
    if not song.troubles:
        return []
    return [
        Finding(
            "media-missing",
            f"of this song {len(song.troubles)} files are missing or cannot be used: {_listed(song)}",
            (),
            Severity.WARNING,
        )
    ]


def _listed(song: Song) -> str:
    shown = [f"{trouble.file.name!r} {trouble.text}" for trouble in song.troubles[:_NAMED]]
    if len(song.troubles) > len(shown):
        shown.append(f"and {len(song.troubles) - len(shown)} more")
    return "; ".join(shown)


def _why(song: Song) -> str:
    return f": {_listed(song)}" if song.troubles else "; it is a finished song, to be a reference"
