"""Loads a session from a DAW's project: its tracks with their audio, its groups, and what there is to say of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bridge.sessions.assemble import Source, majority_rate_hz, make_session
from bridge.sessions.audiocache import AudioCache
from bridge.sessions.consolidate import write_joint
from bridge.sessions.media import Media
from bridge.sessions.options import SessionOptions
from bridge.sessions.pieces import Joint, is_whole, join
from bridge.sessions.playing import Standing, setting_names, standings, track_ids
from bridge.sessions.probe import probe
from bridge.sessions.settings import (
    SETTINGS_NAME,
    SessionSettings,
    TrackSettings,
    checked_rate,
    read_settings,
    said_by_track,
)
from bridge.sessions.sides import whole_pair
from bridge.sessions.told import findings_of, joined_tracks, pairings, silent
from console.errors import ExportError, SessionError
from console.progress import Progress, no_progress
from console.session import AudioFile, Session
from exporters import registry
from exporters.project import Project
from exporters.registry import Exporter

READING, JOINING = "read the session", "join the items"

_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Audio:
    """A track's audio: a file as it is, or a pair of them, or items that are to be joined; and where it starts."""

    track: Standing
    start_s: Fraction
    files: tuple[AudioFile, ...] = ()
    joint: Joint | None = None


def exporter_of(path: Path) -> Exporter | None:
    """The format whose projects have names like this one's; None for a folder, and for what is no project."""
    name = path.name.lower()
    known = (item for item in registry.EXPORTERS.values() if item.opener and name.endswith(item.suffixes))
    return None if path.is_dir() else next(known, None)


def project_among(paths: Sequence[Path]) -> Path | None:
    """The project that is given as a session; None where files or a folder are.

    Raises:
        SessionError: something else is given with it.
    """
    found = [Path(path) for path in paths if exporter_of(Path(path)) is not None]
    if found and len(paths) > 1:
        raise SessionError(f"{found[0].name!r} is a project, and a session of its own; give it alone")
    return found[0] if found else None


def projects_in(folder: Path) -> tuple[Path, ...]:
    """The projects that lie in a folder, by name; none where it is no folder."""
    with suppress(OSError):
        return tuple(path for path in sorted(folder.iterdir()) if exporter_of(path) is not None)
    return ()


def open_project(path: Path, *, unpack: bool = False) -> Project:
    """The project in a file.

    Args:
        path: the project; it is only read.
        unpack: take audio that lies inside the project out into the user's cache, so that it can be read.

    Raises:
        SessionError: its name is no project's, or it cannot be read.
    """
    exporter = exporter_of(path)
    if exporter is None:
        known = ", ".join(
            suffix for item in registry.EXPORTERS.values() if item.opener for suffix in item.suffixes
        )
        raise SessionError(f"{str(path)!r} is no project that can be read; give one of {known}")
    try:
        if unpack and exporter.packs_audio:
            return exporter.open(path, audio_folder=AudioCache().unpacked(path))
        return exporter.open(path)
    except ExportError as error:
        raise SessionError(str(error)) from error


def load_project(
    path: Path, options: SessionOptions | None = None, progress: Progress = no_progress
) -> Session:
    """The session in a DAW's project. Items that are not whole files become files in the user's cache.

    Args:
        path: the project; it and its audio are only read.
        options: the caller's choices; they go before the session.toml beside the project.
        progress: told how far the reading is, and the joining of items.

    Raises:
        SessionError: the project cannot be read; the audio of a track that is not left out is missing or broken;
            session.toml is wrong or names what is not there; nothing remains to be mixed.
    """
    options = options or SessionOptions()
    path = Path(path).absolute()
    project = open_project(path, unpack=True)
    settings = _settings(path, options)
    ids = track_ids(project)
    said = said_by_track(settings, options, setting_names(project, ids))
    _refuse_starts(said)
    tracks = standings(project, ids, Media(path.parent), progress, READING)
    _refuse_lost(path, tracks, said)
    playing = [track for track in tracks if track.parts]
    if not playing:
        raise SessionError(_nothing_plays(path, tracks))
    rate_hz = _rate_hz(project, settings, options, playing)
    audio = [made for track in playing if (made := _audio_of(track, rate_hz)) is not None]
    session = make_session(
        name=settings.name or path.stem,
        root=path.parent,
        sample_rate_hz=rate_hz,
        sources=_sources(audio, said, progress),
        findings=(
            *findings_of(project, tracks, said),
            *joined_tracks(item.track.id for item in audio if item.joint),
            *pairings(settings),
        ),
        project=path,
    )
    if not session.included:
        raise SessionError(f"every track of {session.name!r} is muted or left out; keep at least one")
    progress(READING, 1.0)
    return session


def _settings(path: Path, options: SessionOptions) -> SessionSettings:
    if options.session_file is not None:
        return read_settings(options.session_file)
    beside = path.parent / SETTINGS_NAME
    return read_settings(beside) if beside.is_file() else SessionSettings()


def _refuse_starts(said: Mapping[str, TrackSettings]) -> None:
    for name, about in said.items():
        if about.start_s is not None:
            raise SessionError(
                f"{SETTINGS_NAME} gives {name!r} start_s = {about.start_s:g}, which is for files; move the items of "
                "the track in the project instead"
            )


def _refuse_lost(path: Path, tracks: Sequence[Standing], said: Mapping[str, TrackSettings]) -> None:
    """See to it that no track vanishes because its files did.

    Raises:
        SessionError: of a track that is to be heard nothing is left; all that is lost is named.
    """
    heard = [track for track in tracks if not track.silent and not _is_left_out(track, said)]
    gone = [track for track in heard if track.lost and not track.parts]
    if not gone:
        return
    lost = [f"{track.id}: {text}" for track in heard for text in track.lost]
    shown = [*lost[:_NAMED], *([f"and {len(lost) - _NAMED} more"] if len(lost) > _NAMED else [])]
    raise SessionError(
        f"{path.name!r} has lost the audio of {', '.join(repr(track.id) for track in gone[:_NAMED])}: "
        f"{'; '.join(shown)}. Put the files back beneath the project's folder, or leave the tracks out by --leave-out"
    )


def _is_left_out(track: Standing, said: Mapping[str, TrackSettings]) -> bool:
    return said.get(track.id, TrackSettings()).leave_out is True


def _nothing_plays(path: Path, tracks: Sequence[Standing]) -> str:
    problem = next((f": {track.id!r} {track.problem}" for track in tracks if track.problem), "")
    remedy = "render its tracks to audio first" if problem else "give a project with audio items"
    return f"{path.name!r} has no track with audio that can be mixed{problem}; {remedy}"


def _rate_hz(
    project: Project, settings: SessionSettings, options: SessionOptions, playing: Sequence[Standing]
) -> int:
    """The session's rate: what the caller says, else session.toml, else the project, else most of the audio has."""
    for rate in (options.sample_rate_hz, settings.sample_rate_hz, project.sample_rate_hz):
        if rate is not None:
            return checked_rate(rate, "the session's sample rate")
    files = dict.fromkeys(file for track in playing for _, file in track.parts)
    return majority_rate_hz(list(files))


def _audio_of(track: Standing, rate_hz: int) -> _Audio | None:
    if len(track.parts) == 1 and is_whole(*track.parts[0]):
        item, file = track.parts[0]
        return _Audio(track, Fraction(item.position_s), (file,))
    pair = whole_pair(track.parts)
    if pair is not None:
        return _Audio(track, Fraction(track.parts[0][0].position_s), pair)
    joint = join(track.parts, rate_hz)
    if joint is None:
        return None
    return _Audio(track, Fraction(joint.begin, joint.sample_rate_hz), joint=joint)


def _sources(audio: Sequence[_Audio], said: Mapping[str, TrackSettings], progress: Progress) -> list[Source]:
    cache = AudioCache()
    joints = [item.joint for item in audio if item.joint is not None]
    total = sum(joint.samples for joint in joints)
    done = 0
    sources = []
    for item in audio:
        track, files = item.track, item.files
        if item.joint is not None:
            before, share = done / total, item.joint.samples / total

            def told(stage: str, part: float, before: float = before, share: float = share) -> None:
                progress(stage, before + part * share)

            files = (_joined_file(item.joint, track.id, cache, told),)
            done += item.joint.samples
        if files:
            about = said.get(track.id, TrackSettings())
            key, muted = track.track.key, silent(track)
            sources.append(Source(track.id, files, item.start_s, about, key, track.group, muted))
    return sources


def _joined_file(joint: Joint, name: str, cache: AudioCache, progress: Progress) -> AudioFile:
    """The file of joined items: the one that is kept from an earlier run, when it is whole, else a new one."""
    path = cache.path(joint.key(), name)
    found = probe(path) if path.is_file() else None
    if found is None or found.file is None or found.file.content_hash != cache.sealed(path):
        cache.make(path, lambda place: write_joint(joint, place, progress, JOINING))
        found = probe(path)
        if found.file is not None:
            cache.seal(path, found.file.content_hash)
    cache.touch(path)
    if found.file is None:
        raise SessionError(
            f"the joined items of {name!r} are damaged: {str(path)!r} {found.text}; delete that file"
        )
    return found.file
